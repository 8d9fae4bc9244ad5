using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: x [M, D], y [N, D].

/// <summary>Measures of pairs and means, in float64.</summary>
internal static unsafe class PairMeasures
{
    /// <summary>Mean squared distance and cosine of the pairs (rowOfX[j], j), and the mean cosine of all other combinations (NaN if there
    /// is none).</summary>
    public static (double Alignment, double MeanCosinePairs, double MeanCosineOthers) Compute(Tensor x, Tensor y, int[] rowOfX)
    {
        int width = x.Width;
        double[] norms = Norms(x), normsY = Norms(y);
        double squared = 0, cosines = 0;
        for (int j = 0; j < rowOfX.Length; j++)
        {
            float* a = x.Pointer + ((long)rowOfX[j] * width), b = y.Pointer + ((long)j * width);
            double dot = RowDots.Dot(a, b, width);
            cosines += dot / (norms[rowOfX[j]] * normsY[j]);
            for (int d = 0; d < width; d++) squared += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
        }

        double[] sumX = UnitSum(x, norms), sumY = UnitSum(y, normsY);
        double all = 0;
        for (int d = 0; d < width; d++) all += sumX[d] * sumY[d];
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        int pairs = rowOfX.Length;
        double others = ((double)x.Rows * y.Rows) - pairs;
        return (squared / pairs, cosines / pairs, others == 0 ? double.NaN : (all - cosines) / others);
    }

    /// <summary>The norm of the difference of the two means.</summary>
    public static double CentroidGap(Tensor x, Tensor y)
    {
        using var scratch = new Scratch();
        double* meanX = RowSums.Mean(x.Pointer, x.Rows, x.Width, scratch), meanY = RowSums.Mean(y.Pointer, y.Rows, y.Width, scratch);
        GC.KeepAlive(y);
        double squared = 0;
        for (int d = 0; d < x.Width; d++) squared += (meanX[d] - meanY[d]) * (meanX[d] - meanY[d]);
        return Math.Sqrt(squared);
    }

    private static double[] Norms(Tensor x)
    {
        var norms = new double[x.Rows];
        for (int i = 0; i < norms.Length; i++)
        {
            float* row = x.Pointer + ((long)i * x.Width);
            norms[i] = Math.Sqrt(RowDots.Dot(row, row, x.Width));
        }

        GC.KeepAlive(x);

        return norms;
    }

    private static double[] UnitSum(Tensor x, double[] norms)
    {
        var sum = new double[x.Width];
        for (int i = 0; i < norms.Length; i++)
            for (int d = 0; d < sum.Length; d++) sum[d] += x.Pointer[((long)i * x.Width) + d] / norms[i];
        GC.KeepAlive(x);
        return sum;
    }
}
