using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: x [M, D], y [N, D].

/// <summary>Distances |x_i - y_j| of chosen pairs of rows, float32 differences.</summary>
internal static unsafe class SampledDistances
{
    private const int PairsPerTask = 256;

    /// <summary>The distance of each pair of row numbers.</summary>
    public static float[] Of(Tensor x, Tensor y, IReadOnlyList<(int Row, int Other)> pairs)
    {
        int width = x.Width;
        var distances = new float[pairs.Count];
        Blocks.For(distances.Length, PairsPerTask, (start, end) =>
        {
            for (int k = start; k < end; k++)
            {
                distances[k] = TensorPrimitives.Distance(
                    new ReadOnlySpan<float>(x.Pointer + ((nint)pairs[k].Row * width), width),
                    new ReadOnlySpan<float>(y.Pointer + ((nint)pairs[k].Other * width), width));
            }
        });
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return distances;
    }
}
