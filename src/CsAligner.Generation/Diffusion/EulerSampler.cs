using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Generation.Diffusion;

/// <summary>Euler's method: one evaluation a step, an error that falls as 1 / steps.</summary>
public sealed class EulerSampler : Sampler
{
    private Tensor _velocity = new(0);

    /// <inheritdoc/>
    public override string Name => "euler";

    /// <inheritdoc/>
    public override int Evaluations(int steps) => steps;

    /// <inheritdoc/>
    protected override void Begin(Tensor samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        _velocity = new Tensor(samples.Shape);
    }

    /// <inheritdoc/>
    protected override void Step(Tensor samples, VelocityField field, float from, float to)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(field);
        field(samples, from, _velocity);
        TensorPrimitives.MultiplyAdd(_velocity.Span, to - from, samples.Span, samples.Span);
    }
}
