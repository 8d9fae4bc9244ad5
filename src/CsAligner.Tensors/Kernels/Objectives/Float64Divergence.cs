using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D], float64, centred on their common mean.

/// <summary>
/// Divergences by one Gaussian kernel in float64, for whatever bandwidth float32 scores have no digits: small ones, wide ones, rows far
/// from 1. What float64 cannot carry either is refused with the least bandwidth that it can.
/// </summary>
internal static unsafe class Float64Divergence
{
    /// <summary>The divergences, without gradients.</summary>
    public static KernelMeasures Measure(double* x, int rows, double* y, int columns, int width, double sigma)
    {
        double radius = Radius(x, rows, y, columns, width);
        KernelRange.Check(radius, sigma);
        return IsWide(radius, sigma)
            ? WideBandwidthDivergence.Measure(x, rows, y, columns, width, sigma)
            : new KernelMeans(
                Self(x, rows, width, sigma, false),
                Self(y, columns, width, sigma, false),
                rows < 2 ? double.NaN : Self(x, rows, width, sigma, true),
                columns < 2 ? double.NaN : Self(y, columns, width, sigma, true),
                Float64Terms.LogMeanKernel(x, rows, y, columns, width, sigma, false, 0, null, null)).Measures;
    }

    /// <summary>ln of the mean kernel value over distinct rows; at least two.</summary>
    public static double LogMeanWithin(double* x, int rows, int width, double sigma)
    {
        double radius = Radius(x, rows, null, 0, width);
        KernelRange.Check(radius, sigma);
        return IsWide(radius, sigma) ? WideBandwidthDivergence.LogMeanWithin(x, rows, width, sigma) : Self(x, rows, width, sigma, true);
    }

    /// <summary>D_CS, or MMD^2 without logarithms; <paramref name="weight"/> times the gradients is added to those that are not
    /// null.</summary>
    public static double Compute(
        double* x, int rows, double* y, int columns, int width, double sigma, bool offDiagonal, bool logarithms, double weight,
        double* gradX, double* gradY)
    {
        double radius = Radius(x, rows, y, columns, width);

        // First the one that asks for more: what its line names will do.
        if (gradX != null || gradY != null) KernelRange.CheckGradient(radius, sigma, weight, logarithms);
        KernelRange.Check(radius, sigma);
        if (IsWide(radius, sigma))
            return WideBandwidthDivergence.Compute(x, rows, y, columns, width, sigma, offDiagonal, logarithms, weight, gradX, gradY);
        return Of(x, rows, x, rows, offDiagonal, 2, gradX, null)
            + Of(y, columns, y, columns, offDiagonal, 2, gradY, null)
            - (2 * Of(x, rows, y, columns, false, -2, gradX, gradY));

        double Of(double* a, int rowsA, double* b, int rowsB, bool without, double times, double* gradA, double* gradB)
        {
            if (logarithms) return Float64Terms.LogMeanKernel(a, rowsA, b, rowsB, width, sigma, without, times * weight, gradA, gradB);

            // The slope of a mean is known only after its value.
            double logMean = Float64Terms.LogMeanKernel(a, rowsA, b, rowsB, width, sigma, without, 0, null, null);
            if (gradA != null || gradB != null)
                Float64Terms.LogMeanKernel(a, rowsA, b, rowsB, width, sigma, without, times * weight * Math.Exp(logMean), gradA, gradB);
            return KernelMeans.MinusOne(logMean);
        }
    }

    /// <summary>The largest |x| of all rows.</summary>
    public static double Radius(double* x, int rows, double* y, int columns, int width) =>
        Math.Sqrt(Math.Max(Largest(x, rows, width), Largest(y, columns, width)));

    private static double Largest(double* x, int rows, int width)
    {
        double largest = 0;
        for (int i = 0; i < rows; i++)
        {
            double square = 0;
            for (int d = 0; d < width; d++) square += x[((nint)i * width) + d] * x[((nint)i * width) + d];
            largest = Math.Max(largest, square);
        }

        return largest;
    }

    private static bool IsWide(double radius, double sigma) => KernelRange.Of(radius * radius, sigma, 0, 0) == KernelPrecision.Wide;

    private static double Self(double* x, int rows, int width, double sigma, bool offDiagonal) =>
        Float64Terms.LogMeanKernel(x, rows, x, rows, width, sigma, offDiagonal, 0, null, null);
}
