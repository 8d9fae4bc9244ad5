using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

/// <summary>
/// The squared Frechet distance between Gaussians fitted to two samples, in float64:
/// |mx - my|^2 + tr(Cx + Cy - 2 (Cx Cy)^(1/2)), covariances over n - 1.
/// </summary>
internal static unsafe class FrechetDistance
{
    /// <summary>
    /// Singular covariances are fine: with Cx = L L^T (Cholesky with pivots), the root's trace is the sum of the roots of
    /// the eigenvalues of L^T Cy L, which is symmetric and positive semidefinite. Time O((M + N) D^2 + D^3).
    /// </summary>
    /// <param name="x">[M, D], at least two rows.</param>
    /// <param name="y">[N, D], at least two rows.</param>
    public static double Compute(Tensor x, Tensor y)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        long size = (long)width * width;
        double* covarianceX = scratch.Doubles(size), covarianceY = scratch.Doubles(size);
        Float64Gemm.Covariance(x, covarianceX);
        Float64Gemm.Covariance(y, covarianceY);
        double* meanX = RowSums.Mean(x.Pointer, x.Rows, width, scratch), meanY = RowSums.Mean(y.Pointer, y.Rows, width, scratch);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return Compute(meanX, covarianceX, meanY, covarianceY, width);
    }

    /// <summary>The same of means [D] and covariances [D, D]; that of x is destroyed.</summary>
    public static double Compute(double* meanX, double* covarianceX, double* meanY, double* covarianceY, int width)
    {
        using var scratch = new Scratch();
        long size = (long)width * width;
        double distance = 0, largestX = 0, largestY = 0;
        for (int d = 0; d < width; d++)
        {
            largestX = Math.Max(largestX, covarianceX[((long)d * width) + d]);
            largestY = Math.Max(largestY, covarianceY[((long)d * width) + d]);
            distance += ((meanX[d] - meanY[d]) * (meanX[d] - meanY[d])) + covarianceX[((long)d * width) + d]
                + covarianceY[((long)d * width) + d];
        }

        if (largestX == 0 || largestY == 0) return distance;

        // In units near 1, powers of 4 that change no digit: products of four factors would leave float64.
        int unitX = Math.ILogB(largestX) / 2, unitY = Math.ILogB(largestY) / 2;
        Scale(covarianceX, size, -2 * unitX);
        double* factor = scratch.Doubles(size), half = scratch.Doubles(size), inner = scratch.Doubles(size);
        int rank = Factor(covarianceX, width, factor);
        Float64Gemm.TransposeProduct(covarianceY, width, factor, width, width, half);
        Scale(half, size, -2 * unitY);
        Float64Gemm.TransposeProduct(factor, width, half, width, width, inner);
        foreach (double eigenvalue in SymmetricEigenvalues.Of(inner, rank, width))
            distance -= 2 * Math.ScaleB(Math.Sqrt(Math.Max(0, eigenvalue)), unitX + unitY);
        return Math.Max(0, distance);
    }

    private static void Scale(double* values, long size, int exponent)
    {
        double factor = Math.ScaleB(1, exponent);
        for (long i = 0; i < size; i++) values[i] *= factor;
    }

    // a = L L^T for a symmetric positive semidefinite a, which is destroyed: the largest remaining diagonal is
    // eliminated first, until nothing but rounding is left. L [n, n] has `rank` columns in use, its rows in the order of a.
    private static int Factor(double* a, int n, double* factor)
    {
        int[] order = [.. Enumerable.Range(0, n)];
        double largest = 0;
        for (int i = 0; i < n; i++) largest = Math.Max(largest, a[((long)i * n) + i]);
        double negligible = largest * n * 1e-16;
        for (int k = 0; k < n; k++)
        {
            int best = k;
            for (int i = k + 1; i < n; i++)
                if (a[((long)order[i] * n) + order[i]] > a[((long)order[best] * n) + order[best]]) best = i;
            (order[k], order[best]) = (order[best], order[k]);
            int pivot = order[k];
            double value = a[((long)pivot * n) + pivot];
            if (value <= negligible) return k;
            double root = Math.Sqrt(value);
            for (int i = k; i < n; i++) factor[((long)order[i] * n) + k] = a[((long)order[i] * n) + pivot] / root;
            for (int i = k + 1; i < n; i++)
            {
                double* row = a + ((long)order[i] * n);
                double left = factor[((long)order[i] * n) + k];
                for (int j = k + 1; j < n; j++) row[order[j]] -= left * factor[((long)order[j] * n) + k];
            }
        }

        return n;
    }
}
