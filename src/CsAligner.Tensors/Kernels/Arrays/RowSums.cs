using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Arrays;

// Shapes: x [M, D].

/// <summary>Sums over rows in float64, and what is made of them.</summary>
internal static unsafe class RowSums
{
    private const int RowsPerTask = 256;

    /// <summary>sums[d] += sum over rows of x[i, d].</summary>
    public static void Add(float* x, int rows, int width, double* sums)
    {
        using var scratch = new Scratch();
        int tasks = Blocks.Count(rows, RowsPerTask);
        double* partials = scratch.Doubles((long)tasks * width);
        Blocks.For(rows, RowsPerTask, (start, end) =>
        {
            double* partial = partials + ((nint)(start / RowsPerTask) * width);
            for (int i = start; i < end; i++) AddRow(x + ((nint)i * width), width, partial);
        });
        for (int task = 0; task < tasks; task++)
            for (int d = 0; d < width; d++) sums[d] += partials[((nint)task * width) + d];
    }

    public static double* Mean(float* x, int rows, int width, Scratch scratch)
    {
        double* mean = scratch.Doubles(width);
        Add(x, rows, width, mean);
        for (int d = 0; d < width; d++) mean[d] /= rows;
        return mean;
    }

    /// <summary>x - mean in float32.</summary>
    public static float* Centred(float* x, int rows, int width, double* mean, Scratch scratch)
    {
        float* centred = scratch.Floats((long)rows * width);
        Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
                for (int d = 0; d < width; d++) centred[((long)i * width) + d] = (float)(x[((long)i * width) + d] - mean[d]);
        });
        return centred;
    }

    /// <summary>x - mean in float64.</summary>
    public static double* Widened(float* x, int rows, int width, double* mean, Scratch scratch)
    {
        double* wide = scratch.Doubles((long)rows * width);
        Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
                for (int d = 0; d < width; d++) wide[((long)i * width) + d] = x[((long)i * width) + d] - mean[d];
        });
        return wide;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(float* row, int width, double* sums)
    {
        int d = 0;
        for (; d <= width - Vector256<float>.Count; d += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(row + d));
            (Vector256.Load(sums + d) + low).Store(sums + d);
            (Vector256.Load(sums + d + Vector256<double>.Count) + high).Store(sums + d + Vector256<double>.Count);
        }
        for (; d < width; d++) sums[d] += row[d];
    }
}
