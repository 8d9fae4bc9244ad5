using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace OwnOp;

// op begins
public static class SoftplusOp
{
    /// <summary>ln(1 + e^x), whose derivative is the sigmoid. x: any shape; the result: as x.</summary>
    public static Tensor Softplus(this Tape tape, Tensor x) => tape.Apply(
        x.Shape,
        [x],
        forward: y =>
        {
            // ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), which does not overflow.
            Span<float> from = x.Span, to = y.Span;
            for (int i = 0; i < from.Length; i++) to[i] = MathF.Max(from[i], 0) + MathF.Log(1 + MathF.Exp(-MathF.Abs(from[i])));
        },
        backward: gradients =>
        {
            var upstream = gradients.Upstream;
            Span<float> from = x.Span, sum = gradients.Of(0);
            for (int i = 0; i < from.Length; i++) sum[i] += upstream[i] / (1 + MathF.Exp(-from[i]));
        });
}
// op ends
