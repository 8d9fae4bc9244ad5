using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: x [M, D].

/// <summary>Distances between all rows of a set.</summary>
internal static unsafe class Distances
{
    private const int RowsPerTile = 512;

    /// <summary>
    /// The median of |x_i - x_j| over i &lt; j (the mean of the two middle ones where their number is even) among chosen
    /// rows of one or two sets, float32 distances of rows centred on their mean. Memory rows^2 / 2 floats: choose a few thousand.
    /// </summary>
    /// <param name="first">[M, D].</param>
    /// <param name="second">[N, D], its rows counted from M on; null for none.</param>
    /// <param name="chosen">Row numbers, at least two.</param>
    public static double Median(Tensor first, Tensor? second, ReadOnlySpan<int> chosen)
    {
        int rows = chosen.Length, width = first.Width;
        using var scratch = new Scratch();
        float* gathered = scratch.Floats((long)rows * width);
        for (int r = 0; r < rows; r++)
        {
            var source = chosen[r] < first.Rows ? first.Span.Slice(chosen[r] * width, width) : second!.Span.Slice((chosen[r] - first.Rows) * width, width);
            source.CopyTo(new Span<float>(gathered + ((long)r * width), width));
        }

        float* centred = RowSums.Centred(gathered, rows, width, RowSums.Mean(gathered, rows, width, scratch), scratch);
        int count = checked((int)((long)rows * (rows - 1) / 2));
        float* squared = scratch.Floats(count);
        Squared(centred, rows, width, squared, scratch);
        var values = new ReadOnlySpan<float>(squared, count);
        double upper = Math.Sqrt(Select(values, count / 2));
        return count % 2 == 1 ? upper : 0.5 * (upper + Math.Sqrt(Select(values, (count / 2) - 1)));
    }

    /// <summary>The value with <paramref name="rank"/> smaller ones before it (from 0). Values are 0 or more, so their bits sort as they do.</summary>
    public static float Select(ReadOnlySpan<float> values, int rank)
    {
        using var scratch = new Scratch();
        var counts = new Span<int>(scratch.Floats(1 << 16), 1 << 16);
        uint high = Bucket(values, 0, 0, counts, ref rank);
        uint low = Bucket(values, high, 16, counts, ref rank);
        return BitConverter.UInt32BitsToSingle((high << 16) | low);
    }

    private static void Squared(float* centred, int rows, int width, float* squared, Scratch scratch)
    {
        float* halfNorms = scratch.Floats(KernelSums.Padded(rows));
        KernelSums.HalfNorms(centred, rows, width, halfNorms);
        float* scores = scratch.Floats((long)Math.Min(RowsPerTile, rows) * rows);
        for (int top = 0; top < rows; top += RowsPerTile)
        {
            int first = top, height = Math.Min(RowsPerTile, rows - top), breadth = rows - top;
            float* from = centred + ((long)top * width);
            Gemm.Run(height, breadth, width, from, width, 1, from, 1, width, scores, breadth, accumulate: false);
            Workers.For(height, i => Keep(squared, rows, first + i, scores + ((long)i * breadth) + i + 1, halfNorms));
        }
    }

    // The sixteen bits that the value of this rank has: the upper ones, or the lower ones among those whose upper bits are known.
    private static uint Bucket(ReadOnlySpan<float> values, uint known, int knownBits, Span<int> counts, ref int rank)
    {
        counts.Clear();
        foreach (float value in values)
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            if (knownBits == 0) counts[(int)(bits >> 16)]++;
            else if (bits >> 16 == known) counts[(int)(bits & 0xFFFF)]++;
        }

        int bucket = 0;
        while (rank >= counts[bucket]) rank -= counts[bucket++];
        return (uint)bucket;
    }

    private static void Keep(float* squared, int rows, int row, float* scores, float* halfNorms)
    {
        long at = ((long)row * rows) - ((long)row * (row + 1) / 2);
        for (int j = row + 1; j < rows; j++)
            squared[at + j - row - 1] = Math.Max(0, 2 * (halfNorms[row] + halfNorms[j] - scores[j - row - 1]));
    }
}
