using CsAligner.Generation.Decoders;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Generation.Diffusion;

/// <summary>
/// A decoder's velocity under classifier-free guidance (Ho and Salimans 2022, arXiv 2207.12598): that without a condition, and from there
/// so many times the way to that with it. B batch, D width of conditions.
/// </summary>
/// <param name="decoder">The decoder.</param>
/// <param name="conditions">[B, D]: embeddings of unit length, one for each sample.</param>
/// <param name="guidance">1 follows the condition as it is and takes half the time; more exaggerates it.</param>
public sealed class GuidedVelocity(DiffusionDecoder decoder, Tensor conditions, float guidance)
{
    /// <summary>The velocity of samples [B, 3, S, S]: a <see cref="VelocityField"/>.</summary>
    /// <param name="samples">z.</param>
    /// <param name="time">t, 0 up to but not including 1.</param>
    /// <param name="velocity">Filled with dz / dt.</param>
    public void Evaluate(Tensor samples, float time, Tensor velocity)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(velocity);
        using var tape = Tape.Inference();
        int batch = samples.Shape[0];
        bool guided = guidance != 1;
        var shown = guided ? Twice(tape, samples) : samples;
        float[] times = [.. Enumerable.Repeat(time, shown.Shape[0])];
        int[] rows = [.. Enumerable.Range(0, batch), .. guided ? Enumerable.Repeat(DiffusionDecoder.Unconditional, batch) : []];

        // Guiding the predicted pictures is guiding the velocities, which differ from them by the same z.
        var predicted = decoder.Predict(tape, shown, times, conditions, rows).Span;
        if (guided) TensorPrimitives.Lerp(predicted[samples.Length..], predicted[..samples.Length], guidance, velocity.Span);
        RectifiedFlowPath.Velocity(guided ? velocity.Span : predicted, samples.Span, time, velocity.Span);
    }

    private static Tensor Twice(Tape tape, Tensor samples)
    {
        var twice = tape.Rent([2 * samples.Shape[0], .. samples.Shape[1..]]);
        samples.Span.CopyTo(twice.Span);
        samples.Span.CopyTo(twice.Span[samples.Length..]);
        return twice;
    }
}
