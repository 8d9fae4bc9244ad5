using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Arrays;

/// <summary>Standard normal values in bulk: float32, by Box and Muller, at most 5.9 from 0.</summary>
internal static class NormalNoise
{
    // Pairs in work at once: they stay in the first-level cache.
    private const int Pairs = 1024;

    /// <summary>Fills each row of a tensor [B, ...] from a generator of its own.</summary>
    public static void FillRows(Tensor tensor, RandomGenerator[] generators)
    {
        int width = tensor.Length / Math.Max(1, generators.Length);
        Blocks.For(generators.Length, 1, (start, end) =>
        {
            for (int row = start; row < end; row++) Fill(tensor.Span.Slice(row * width, width), generators[row]);
        });
    }

    private static void Fill(Span<float> values, RandomGenerator random)
    {
        Span<float> radii = stackalloc float[Pairs], angles = stackalloc float[Pairs],
            sines = stackalloc float[Pairs], cosines = stackalloc float[Pairs];
        for (int start = 0; start < values.Length; start += 2 * Pairs)
        {
            for (int i = 0; i < Pairs; i++)
            {
                ulong bits = random.NextUInt64();

                // Of (0, 1], so that the logarithm is finite, and of [0, 2).
                radii[i] = ((bits >> 40) + 1) * (1f / (1 << 24));
                angles[i] = ((uint)bits >> 8) * (2f / (1 << 24));
            }

            TensorPrimitives.Log(radii, radii);
            TensorPrimitives.Multiply(radii, -2f, radii);
            TensorPrimitives.Sqrt(radii, radii);
            TensorPrimitives.SinCosPi(angles, sines, cosines);
            TensorPrimitives.Multiply(radii, sines, sines);
            TensorPrimitives.Multiply(radii, cosines, cosines);
            var target = values[start..Math.Min(values.Length, start + (2 * Pairs))];
            int first = Math.Min(Pairs, target.Length);
            cosines[..first].CopyTo(target);
            sines[..(target.Length - first)].CopyTo(target[first..]);
        }
    }
}
