using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels.Arrays;

/// <summary>Sums whose order is fixed by blocks, not by threads.</summary>
internal static unsafe class Reductions
{
    private const int RowsPerPart = 256;

    /// <summary>The sum of all elements, in float64 over blocks.</summary>
    public static double Sum(float* x, int length)
    {
        double sum = 0;
        for (int start = 0; start < length; start += Blocks.Elements)
            sum += TensorPrimitives.Sum(new ReadOnlySpan<float>(x + start, Math.Min(Blocks.Elements, length - start)));
        return sum;
    }

    /// <summary>The sum of squares, in float64 over blocks.</summary>
    public static double SumOfSquares(float* x, int length)
    {
        double sum = 0;
        for (int start = 0; start < length; start += Blocks.Elements)
            sum += TensorPrimitives.SumOfSquares(new ReadOnlySpan<float>(x + start, Math.Min(Blocks.Elements, length - start)));
        return sum;
    }

    /// <summary>sums[j] (+)= sum over rows of x[i, j].</summary>
    public static void SumRows(float* x, int rows, int width, float* sums, bool accumulate)
    {
        int parts = Blocks.Count(rows, RowsPerPart);
        var partial = BufferPool.Shared.Rent(Math.Max(1, parts * width));
        Blocks.For(rows, RowsPerPart, new SumRowsBody(x, width, partial.Pointer));
        AddParts(partial.Pointer, parts, width, sums, accumulate);
        BufferPool.Shared.Return(partial);
    }

    /// <summary>sums[j] (+)= sum over parts, in their order.</summary>
    public static void AddParts(float* partials, int parts, int width, float* sums, bool accumulate)
    {
        var total = new Span<float>(sums, width);
        if (!accumulate) total.Clear();
        for (int part = 0; part < parts; part++)
            TensorPrimitives.Add(total, new ReadOnlySpan<float>(partials + ((long)part * width), width), total);
    }

    private readonly struct SumRowsBody(float* x, int width, float* partials) : IBlockBody
    {
        public void Run(int start, int end)
        {
            var sum = new Span<float>(partials + ((long)(start / RowsPerPart) * width), width);
            sum.Clear();
            for (int r = start; r < end; r++) TensorPrimitives.Add(sum, new ReadOnlySpan<float>(x + ((long)r * width), width), sum);
        }
    }
}
