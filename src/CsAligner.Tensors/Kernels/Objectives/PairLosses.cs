using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [P, D], y [P, D], row i the partner of row i.

/// <summary>Mean losses of pairs of rows: sums in float64 for each row, added in their order.</summary>
internal static unsafe class PairLosses
{
    // Rows shorter than this have no direction.
    private const double Shortest = 1e-12;
    private const int Part = 1024;

    /// <summary>Mean |x_i - y_i|^2; gradients are written if there is room for them.</summary>
    public static double SquaredDistance(Tensor x, Tensor y, int pairs, Tensor? gradX, Tensor? gradY)
    {
        double loss =
            SquaredDistance(x.Pointer, y.Pointer, pairs, x.Width, gradX == null ? null : gradX.Pointer,
                gradY == null ? null : gradY.Pointer);
        Hold(x, y, gradX, gradY);
        return loss;
    }

    /// <summary>Mean 1 - cos(x_i, y_i); a row without a direction has cosine 0 and no gradient.</summary>
    public static double Cosine(Tensor x, Tensor y, int pairs, Tensor? gradX, Tensor? gradY)
    {
        double loss =
            Cosine(x.Pointer, y.Pointer, pairs, x.Width, gradX == null ? null : gradX.Pointer, gradY == null ? null : gradY.Pointer);
        Hold(x, y, gradX, gradY);
        return loss;
    }

    private static double SquaredDistance(float* x, float* y, int pairs, int width, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        double* losses = scratch.Doubles(pairs);
        float factor = 2f / pairs;
        Blocks.ForRows(pairs, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                nint at = (nint)i * width;
                losses[i] = SquaredDistanceOfRow(x + at, y + at, width, factor, gradX == null ? null : gradX + at,
                    gradY == null ? null : gradY + at);
            }
        });
        return Mean(losses, pairs);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistanceOfRow(float* x, float* y, int width, float factor, float* gradX, float* gradY)
    {
        float* difference = stackalloc float[Part];
        double loss = 0;
        for (int d = 0; d < width; d += Part)
        {
            int count = Math.Min(Part, width - d);
            var part = new Span<float>(difference, count);
            TensorPrimitives.Subtract(new ReadOnlySpan<float>(x + d, count), new ReadOnlySpan<float>(y + d, count), part);
            loss += RowDots.Dot(difference, difference, count);
            if (gradX != null) TensorPrimitives.Multiply(part, factor, new Span<float>(gradX + d, count));
            if (gradY != null) TensorPrimitives.Multiply(part, -factor, new Span<float>(gradY + d, count));
        }

        return loss;
    }

    private static double Cosine(float* x, float* y, int pairs, int width, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        double* losses = scratch.Doubles(pairs);
        Blocks.ForRows(pairs, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                nint at = (nint)i * width;
                double squareX = RowDots.Dot(x + at, x + at, width), squareY = RowDots.Dot(y + at, y + at, width);
                bool none = Math.Min(squareX, squareY) < Shortest * Shortest;
                double inverse = none ? 0 : 1 / Math.Sqrt(squareX * squareY), cosine = RowDots.Dot(x + at, y + at, width) * inverse;
                losses[i] = 1 - cosine;
                if (gradX != null) Combine(x + at, none ? 0 : cosine / squareX / pairs, y + at, -inverse / pairs, gradX + at, width);
                if (gradY != null) Combine(y + at, none ? 0 : cosine / squareY / pairs, x + at, -inverse / pairs, gradY + at, width);
            }
        });
        return Mean(losses, pairs);
    }

    // target = a first + b second.
    private static void Combine(float* first, double a, float* second, double b, float* target, int width)
    {
        var to = new Span<float>(target, width);
        TensorPrimitives.Multiply(new ReadOnlySpan<float>(first, width), (float)a, to);
        TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(second, width), (float)b, to, to);
    }

    // Kernels have only the pointers: without this the collector may take a tensor that nobody else holds.
    private static void Hold(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    private static double Mean(double* losses, int pairs)
    {
        double sum = 0;
        for (int i = 0; i < pairs; i++) sum += losses[i];
        return sum / pairs;
    }
}
