using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Generation.Diffusion;

/// <summary>
/// Heun's method: the mean of the velocities at both ends of a step, two evaluations, an error that falls as 1 / steps². Data lie at the
/// end of the last step, if there is no velocity; that step is Euler's.
/// </summary>
public sealed class HeunSampler : Sampler
{
    private Tensor _first = new(0), _second = new(0), _ahead = new(0);

    /// <inheritdoc/>
    public override string Name => "heun";

    /// <inheritdoc/>
    public override int Evaluations(int steps) => (2 * steps) - 1;

    /// <inheritdoc/>
    protected override void Begin(Tensor samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        (_first, _second, _ahead) = (new Tensor(samples.Shape), new Tensor(samples.Shape), new Tensor(samples.Shape));
    }

    /// <inheritdoc/>
    protected override void Step(Tensor samples, VelocityField field, float from, float to)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(field);
        field(samples, from, _first);
        if (to < 1)
        {
            TensorPrimitives.MultiplyAdd(_first.Span, to - from, samples.Span, _ahead.Span);
            field(_ahead, to, _second);
            TensorPrimitives.Lerp(_first.Span, _second.Span, 0.5f, _first.Span);
        }

        TensorPrimitives.MultiplyAdd(_first.Span, to - from, samples.Span, samples.Span);
    }
}
