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
    public static KernelMeasures Measure(Float64Rows x, Float64Rows y, int width, double sigma)
    {
        double radius = Radius(x, y, width);
        KernelRange.Check(radius, sigma);
        return IsWide(radius, sigma)
            ? WideBandwidthDivergence.Measure(x, y, width, sigma)
            : new KernelMeans(
                Self(x, width, sigma, false),
                Self(y, width, sigma, false),
                x.Count < 2 ? double.NaN : Self(x, width, sigma, true),
                y.Count < 2 ? double.NaN : Self(y, width, sigma, true),
                Float64Terms.LogMeanKernel(x.Fixed, y.Fixed, width, sigma, false, 0)).Measures;
    }

    /// <summary>ln of the mean kernel value over distinct rows; at least two.</summary>
    public static double LogMeanWithin(Float64Rows x, int width, double sigma)
    {
        double radius = Radius(x, x, width);
        KernelRange.Check(radius, sigma);
        return IsWide(radius, sigma) ? WideBandwidthDivergence.LogMeanWithin(x, width, sigma) : Self(x, width, sigma, true);
    }

    /// <summary>D_CS, or MMD^2 without logarithms; <paramref name="weight"/> times the gradients is added to those that are not
    /// null.</summary>
    public static double Compute(
        Float64Rows x, Float64Rows y, int width, double sigma, bool offDiagonal, bool logarithms, double weight)
    {
        double radius = Radius(x, y, width);

        // First the one that asks for more: what its line names will do.
        if (x.Gradient != null || y.Gradient != null) KernelRange.CheckGradient(radius, sigma, weight, logarithms);
        KernelRange.Check(radius, sigma);
        if (IsWide(radius, sigma))
            return WideBandwidthDivergence.Compute(x, y, width, sigma, offDiagonal, logarithms, weight);
        return Of(x, x.Fixed, offDiagonal, 2) + Of(y, y.Fixed, offDiagonal, 2) - (2 * Of(x, y, false, -2));

        double Of(Float64Rows a, Float64Rows b, bool without, double times)
        {
            if (logarithms) return Float64Terms.LogMeanKernel(a, b, width, sigma, without, times * weight);

            // The slope of a mean is known only after its value.
            double logMean = Float64Terms.LogMeanKernel(a.Fixed, b.Fixed, width, sigma, without, 0);
            if (a.Gradient != null || b.Gradient != null)
                Float64Terms.LogMeanKernel(a, b, width, sigma, without, times * weight * Math.Exp(logMean));
            return KernelMeans.MinusOne(logMean);
        }
    }

    /// <summary>The largest |x| of all rows.</summary>
    public static double Radius(Float64Rows x, Float64Rows y, int width) =>
        Math.Sqrt(Math.Max(LargestSquare(x, width), LargestSquare(y, width)));

    private static double LargestSquare(Float64Rows x, int width)
    {
        double largest = 0;
        for (int i = 0; i < x.Count; i++)
        {
            double square = 0;
            for (int d = 0; d < width; d++) square += x.Values[((nint)i * width) + d] * x.Values[((nint)i * width) + d];
            largest = Math.Max(largest, square);
        }

        return largest;
    }

    private static bool IsWide(double radius, double sigma) => KernelRange.Of(radius * radius, sigma, 0, 0) == KernelPrecision.Wide;

    private static double Self(Float64Rows x, int width, double sigma, bool offDiagonal) =>
        Float64Terms.LogMeanKernel(x.Fixed, x.Fixed, width, sigma, offDiagonal, 0);
}
