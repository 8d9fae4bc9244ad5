namespace CsAligner.Tensors.Kernels;

// Shapes: x [M, D].

/// <summary>Sums over rows in float64, and what is made of them.</summary>
internal static unsafe class RowSums
{
    /// <summary>sums[d] += sum over rows of x[i, d].</summary>
    public static void Add(float* x, int rows, int width, double* sums)
    {
        for (int i = 0; i < rows; i++)
        {
            float* row = x + ((long)i * width);
            for (int d = 0; d < width; d++) sums[d] += row[d];
        }
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
}
