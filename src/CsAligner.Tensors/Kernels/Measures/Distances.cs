using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: x [M, D].

/// <summary>Distances between all rows of a set.</summary>
internal static unsafe class Distances
{
    private const int RowsPerTile = 512, ColumnsPerTile = 256;

    // Squares that float32 holds, and what of the largest square its rounding reaches.
    private const double LeastSquare = 1e-20, MostSquare = 1e30, Lost = 1e-4;

    /// <summary>
    /// The median of |x_i - x_j| over i &lt; j (the mean of the two middle ones where their number is even) among chosen
    /// rows of one or two sets: float32 distances of rows centred on their mean, in float64 where those would be rounding alone. Memory
    /// rows^2 / 2 floats: choose a few thousand.
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
            var source = chosen[r] < first.Rows
                ? first.Span.Slice(chosen[r] * width, width)
                : second!.Span.Slice((chosen[r] - first.Rows) * width, width);
            source.CopyTo(new Span<float>(gathered + ((long)r * width), width));
        }

        double* mean = RowSums.Mean(gathered, rows, width, scratch);
        float* centred = RowSums.Centred(gathered, rows, width, mean, scratch);
        int count = checked((int)((long)rows * (rows - 1) / 2));
        float* squared = scratch.Floats(count);
        double largest = Squared(centred, rows, width, squared, scratch), median = Middle(squared, count);
        if (largest is > LeastSquare and < MostSquare && median * median > Lost * largest) return median;

        // Rows that are the same would seem apart, or float32 has no squares of such numbers: take the distances one by one,
        // in units of the largest value.
        double* wide = RowSums.Widened(gathered, rows, width, mean, scratch);
        double unit = LargestPart(wide, (long)rows * width);
        if (unit == 0 || !double.IsFinite(unit)) return unit;
        Direct(wide, rows, width, unit, squared);
        return unit * Middle(squared, count);
    }

    private static double Middle(float* squared, int count)
    {
        var values = new ReadOnlySpan<float>(squared, count);
        double upper = Math.Sqrt(Select(values, count / 2));
        return count % 2 == 1 ? upper : 0.5 * (upper + Math.Sqrt(Select(values, (count / 2) - 1)));
    }

    /// <summary>The value with <paramref name="rank"/> smaller ones before it (from 0). Values are 0 or more,
    /// so their bits sort as they do.</summary>
    public static float Select(ReadOnlySpan<float> values, int rank)
    {
        using var scratch = new Scratch();
        var counts = new Span<int>(scratch.Floats(1 << 16), 1 << 16);
        uint high = Bucket(values, 0, 0, counts, ref rank);
        uint low = Bucket(values, high, 16, counts, ref rank);
        return BitConverter.UInt32BitsToSingle((high << 16) | low);
    }

    // Gives back the largest |x|^2.
    private static double Squared(float* centred, int rows, int width, float* squared, Scratch scratch)
    {
        float* halfNorms = scratch.Floats(RowDots.Padded(rows));
        double largest = RowDots.HalfNorms(centred, rows, width, halfNorms);
        float* scores = scratch.Floats((long)Math.Min(RowsPerTile, rows) * rows);
        for (int top = 0; top < rows; top += RowsPerTile)
        {
            int first = top, height = Math.Min(RowsPerTile, rows - top), breadth = rows - top;
            float* from = centred + ((long)top * width);
            Gemm.Run(height, breadth, width, new(from, width), new(from, 1, width), new(scores, breadth), accumulate: false);
            Workers.For(height, i => Keep(squared, rows, first + i, scores + ((long)i * breadth) + i + 1, halfNorms));
        }

        return largest;
    }

    private static double LargestPart(double* values, long count)
    {
        double largest = 0;
        for (long i = 0; i < count; i++) largest = Math.Max(largest, Math.Abs(values[i]));
        return largest;
    }

    private static void Direct(double* wide, int rows, int width, double unit, float* squared)
    {
        for (long i = 0; i < (long)rows * width; i++) wide[i] /= unit;
        Workers.For(rows - 1, i =>
        {
            double* tile = stackalloc double[ColumnsPerTile];
            float* to = squared + ((long)i * rows) - ((long)i * (i + 1) / 2);
            for (int j = i + 1; j < rows; j += ColumnsPerTile)
            {
                int columns = Math.Min(ColumnsPerTile, rows - j);
                Float64Gemm.ForPairs<DistanceOperation>(wide + ((long)i * width), 1, wide + ((long)j * width), columns, width, tile,
                    ColumnsPerTile);
                for (int c = 0; c < columns; c++) to[j - i - 1 + c] = (float)tile[c];
            }
        });
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
