using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Arrays;

/// <summary>Norms and inner products of rows in float64.</summary>
internal static unsafe class RowDots
{
    private const int Lanes = 8;

    /// <summary>Length of a buffer per column, in floats.</summary>
    public static int Padded(int columns) => (columns + Lanes - 1) / Lanes * Lanes;

    /// <summary>halfNorms[i] = |x_i|^2 / 2, summed in float64; gives back the largest |x_i|^2.</summary>
    public static double HalfNorms(float* x, int rows, int width, float* halfNorms)
    {
        Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
                halfNorms[i] = (float)(0.5 * Dot(x + ((long)i * width), x + ((long)i * width), width));
        });
        float largest = 0;
        for (int i = 0; i < rows; i++) largest = Math.Max(largest, halfNorms[i]);
        return 2.0 * largest;
    }

    /// <summary>x . y in float64.</summary>
    public static double Dot(float* x, float* y, int width)
    {
        var (sum0, sum1) = (Vector256<double>.Zero, Vector256<double>.Zero);
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var (a0, a1) = Vector256.Widen(Vector256.Load(x + d));
            var (b0, b1) = Vector256.Widen(Vector256.Load(y + d));
            sum0 = Vector256.FusedMultiplyAdd(a0, b0, sum0);
            sum1 = Vector256.FusedMultiplyAdd(a1, b1, sum1);
        }

        double sum = Vector256.Sum(sum0 + sum1);
        for (; d < width; d++) sum += (double)x[d] * y[d];
        return sum;
    }
}
