using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace OwnObjective;

/// <summary>
/// Quadratic Jensen-Rényi divergence of the two sets of rows under a Gaussian kernel: the Rényi entropy of their mixture less the mean of
/// their own, -ln((Vxx + 2 Vxy + Vyy) / 4) + (ln Vxx + ln Vyy) / 2, where V is the mean kernel value between rows. 0 where the sets
/// agree. It needs no pairs.
/// </summary>
public sealed class JensenRenyiTerm : ObjectiveTerm
{
    /// <inheritdoc/>
    public override string Name => "jensen-renyi";

    /// <inheritdoc/>
    public override bool NeedsBandwidth => true;

    /// <inheritdoc/>
    public override bool SupportsAllCaptions => true;

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, TermInputs inputs)
    {
        // x [M, D], y [N, D], unit rows: |a - b|² = 2 - 2 a · b, so the kernel is exp((a · b - 1) / sigma²).
        float sharpness = (float)(1 / (inputs.Bandwidth * inputs.Bandwidth));
        Tensor shift = Tensor.From([-sharpness], 1);
        Tensor xx = Potential(inputs.X, inputs.X), yy = Potential(inputs.Y, inputs.Y), xy = Potential(inputs.X, inputs.Y);
        Tensor mixture = tape.Scale(tape.Add(tape.Add(xx, yy), tape.Scale(xy, 2)), 0.25f);
        return tape.Sub(tape.Scale(tape.Add(tape.Log(xx), tape.Log(yy)), 0.5f), tape.Log(mixture));

        Tensor Potential(Tensor a, Tensor b) =>
            tape.Mean(tape.Exp(tape.Add(tape.Scale(tape.MatMul(a, b, transposeB: true), sharpness), shift)));
    }
}
