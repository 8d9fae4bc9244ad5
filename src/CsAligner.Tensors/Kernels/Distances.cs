namespace CsAligner.Tensors.Kernels;

// Shapes: x [M, D].

/// <summary>Distances between all rows of a set.</summary>
internal static unsafe class Distances
{
    private const int RowsPerTile = 512;

    /// <summary>
    /// The median of |x_i - x_j| over i &lt; j (the mean of the two middle ones where their number is even), float32
    /// distances of rows centred on their mean. Memory M^2 / 2 floats: give a few thousand rows.
    /// </summary>
    public static double Median(Tensor x)
    {
        int rows = x.Rows, width = x.Width;
        using var scratch = new Scratch();
        double* mean = RowSums.Mean(x.Pointer, rows, width, scratch);
        float* centred = RowSums.Centred(x.Pointer, rows, width, mean, scratch);
        float* halfNorms = scratch.Floats(KernelSums.Padded(rows));
        KernelSums.HalfNorms(centred, rows, width, halfNorms);
        float* scores = scratch.Floats((long)Math.Min(RowsPerTile, rows) * rows);
        var squared = new float[checked((int)((long)rows * (rows - 1) / 2))];
        for (int top = 0; top < rows; top += RowsPerTile)
        {
            int first = top, height = Math.Min(RowsPerTile, rows - top), breadth = rows - top;
            float* from = centred + ((long)top * width);
            Gemm.Run(height, breadth, width, from, width, 1, from, 1, width, scores, breadth, accumulate: false);
            Workers.For(height, i => Keep(squared, rows, first + i, scores + ((long)i * breadth) + i + 1, halfNorms));
        }

        // Only its pointer was in use: without this the collector may take a tensor that nobody else holds.
        GC.KeepAlive(x);
        long count = squared.Length;
        double upper = Math.Sqrt(Select(squared, count / 2));
        return count % 2 == 1 ? upper : 0.5 * (upper + Math.Sqrt(Select(squared, (count / 2) - 1)));
    }

    /// <summary>The value with <paramref name="rank"/> smaller ones before it (from 0). Values are 0 or more, so their bits sort as they do.</summary>
    public static float Select(ReadOnlySpan<float> values, long rank)
    {
        uint high = Bucket(values, 0, 0, ref rank);
        uint low = Bucket(values, high, 16, ref rank);
        return BitConverter.UInt32BitsToSingle((high << 16) | low);
    }

    // The sixteen bits that the value of this rank has: the upper ones, or the lower ones among those whose upper bits are known.
    private static uint Bucket(ReadOnlySpan<float> values, uint known, int knownBits, ref long rank)
    {
        var counts = new long[1 << 16];
        foreach (float value in values)
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            if (knownBits == 0) counts[bits >> 16]++;
            else if (bits >> 16 == known) counts[bits & 0xFFFF]++;
        }

        uint bucket = 0;
        while (rank >= counts[bucket]) rank -= counts[bucket++];
        return bucket;
    }

    private static void Keep(float[] squared, int rows, int row, float* scores, float* halfNorms)
    {
        long at = ((long)row * rows) - ((long)row * (row + 1) / 2);
        for (int j = row + 1; j < rows; j++)
            squared[at + j - row - 1] = Math.Max(0, 2 * (halfNorms[row] + halfNorms[j] - scores[j - row - 1]));
    }
}
