using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>Eigenvalues of symmetric matrices in float64: Householder to tridiagonal form,
/// then QL with implicit shifts (Golub and Van Loan, 8.3).</summary>
internal static unsafe class SymmetricEigenvalues
{
    private const int MaxIterations = 60;

    /// <summary>The eigenvalues, in no order. The upper left n x n part of <paramref name="a"/> is destroyed.</summary>
    /// <param name="a">Symmetric, rows <paramref name="stride"/> apart.</param>
    /// <param name="n">Its size.</param>
    /// <param name="stride">At least n.</param>
    public static double[] Of(double* a, int n, int stride)
    {
        var diagonal = new double[n];
        var beside = new double[n];
        if (n > 0) Tridiagonalise(a, n, stride, diagonal, beside);
        Iterate(diagonal, beside);
        return diagonal;
    }

    // Row by row from the top: a reflection makes all of row k behind its neighbour of the diagonal zero.
    private static void Tridiagonalise(double* a, int n, int stride, double[] diagonal, double[] beside)
    {
        var reflection = new double[n];
        var image = new double[n];
        for (int k = 0; k < n; k++)
        {
            diagonal[k] = a[((long)k * stride) + k];
            if (k == n - 1) break;
            double squared = 0;
            for (int j = k + 1; j < n; j++)
            {
                reflection[j] = a[((long)k * stride) + j];
                squared += reflection[j] * reflection[j];
            }

            double norm = Math.Sqrt(squared);
            beside[k] = reflection[k + 1] > 0 ? -norm : norm;
            double scale = squared - (reflection[k + 1] * beside[k]);
            if (scale == 0) continue;
            reflection[k + 1] -= beside[k];
            Reflect(a, n, stride, k + 1, reflection, image, scale);
        }
    }

    // a <- H a H on rows and columns from first on, H = I - v v^T / scale.
    private static void Reflect(double* a, int n, int stride, int first, double[] v, double[] image, double scale)
    {
        Blocks.For(n - first, 64, (start, end) =>
        {
            for (int i = first + start; i < first + end; i++)
            {
                double* row = a + ((long)i * stride);
                double sum = 0;
                for (int j = first; j < n; j++) sum += row[j] * v[j];
                image[i] = sum / scale;
            }
        });
        double along = 0;
        for (int i = first; i < n; i++) along += image[i] * v[i];
        for (int i = first; i < n; i++) image[i] -= along / (2 * scale) * v[i];
        Blocks.For(n - first, 64, (start, end) =>
        {
            for (int i = first + start; i < first + end; i++)
            {
                double* row = a + ((long)i * stride);
                for (int j = first; j < n; j++) row[j] -= (v[i] * image[j]) + (image[i] * v[j]);
            }
        });
    }

    private static void Iterate(double[] diagonal, double[] beside)
    {
        int n = diagonal.Length;
        for (int low = 0; low < n; low++)
        {
            for (int iteration = 0; ; iteration++)
            {
                int high = low;
                while (high < n - 1 && Math.Abs(beside[high]) > 1e-16 * (Math.Abs(diagonal[high]) + Math.Abs(diagonal[high + 1]))) high++;
                if (high == low) break;
                if (iteration == MaxIterations)
                    throw new InvalidOperationException("eigenvalues: no convergence; does the matrix contain NaN?");
                Sweep(diagonal, beside, low, high);
            }
        }
    }

    private static void Sweep(double[] diagonal, double[] beside, int low, int high)
    {
        double g = (diagonal[low + 1] - diagonal[low]) / (2 * beside[low]);
        double r = Hypotenuse(g, 1);
        g = diagonal[high] - diagonal[low] + (beside[low] / (g + (g >= 0 ? r : -r)));
        double sine = 1, cosine = 1, shift = 0;
        for (int i = high - 1; i >= low; i--)
        {
            double f = sine * beside[i], b = cosine * beside[i];
            beside[i + 1] = r = Hypotenuse(f, g);
            if (r == 0)
            {
                diagonal[i + 1] -= shift;
                beside[high] = 0;
                return;
            }

            (sine, cosine) = (f / r, g / r);
            g = diagonal[i + 1] - shift;
            r = ((diagonal[i] - g) * sine) + (2 * cosine * b);
            shift = sine * r;
            diagonal[i + 1] = g + shift;
            g = (cosine * r) - b;
        }

        diagonal[low] -= shift;
        beside[low] = g;
        beside[high] = 0;
    }

    private static double Hypotenuse(double a, double b) => double.Hypot(a, b);
}
