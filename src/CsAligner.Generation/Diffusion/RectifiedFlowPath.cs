using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Generation.Diffusion;

/// <summary>
/// The straight path from noise to a picture, z(t) = t x + (1 - t) noise for t from 0 to 1, and its velocity v = x - noise
/// = (x - z) / (1 - t) (rectified flow; Liu et al. 2023, arXiv 2209.03003). B batch.
/// </summary>
public static class RectifiedFlowPath
{
    /// <summary>In training 1 - t is not divided by less than this: close to the picture a tiny error would count for all.</summary>
    public const float SmallestRest = 0.05f;

    /// <summary>z, with a separate time for each sample.</summary>
    /// <param name="pictures">x, [B, ...].</param>
    /// <param name="noise">As x.</param>
    /// <param name="times">B times, 0 to 1.</param>
    /// <param name="mixed">Filled with z; as x, and may be the noise itself.</param>
    public static void Mix(Tensor pictures, Tensor noise, ReadOnlySpan<float> times, Tensor mixed)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(noise);
        ArgumentNullException.ThrowIfNull(mixed);
        if (noise.Length != pictures.Length || mixed.Length != pictures.Length || times.IsEmpty || pictures.Length % times.Length != 0)
            throw new ArgumentException($"{pictures}, {noise} and {mixed} are not {times.Length} samples each.", nameof(noise));
        int width = pictures.Length / times.Length;
        for (int b = 0; b < times.Length; b++)
        {
            var own = b * width;
            TensorPrimitives.Lerp(noise.Span.Slice(own, width), pictures.Span.Slice(own, width), times[b], mixed.Span.Slice(own, width));
        }
    }

    /// <summary>
    /// What the squared error of a predicted picture counts, so that it is the squared error of the velocity that follows from it:
    /// 1 / max(1 - t, <see cref="SmallestRest"/>)².
    /// </summary>
    /// <param name="time">t, 0 to 1.</param>
    public static float ErrorWeight(float time)
    {
        float rest = MathF.Max(1 - time, SmallestRest);
        return 1 / (rest * rest);
    }

    /// <summary>The velocity that leads to a predicted picture.</summary>
    /// <param name="predicted">x, as many elements as z.</param>
    /// <param name="mixed">z.</param>
    /// <param name="time">t, 0 up to but not including 1.</param>
    /// <param name="velocity">Filled with (x - z) / (1 - t).</param>
    public static void Velocity(ReadOnlySpan<float> predicted, ReadOnlySpan<float> mixed, float time, Span<float> velocity)
    {
        TensorPrimitives.Subtract(predicted, mixed, velocity);
        TensorPrimitives.Divide(velocity, 1 - time, velocity);
    }
}
