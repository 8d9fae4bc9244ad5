namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>Which bandwidths can be computed, and how: a matter of the largest distance of a row from the centre over sigma.</summary>
internal static class KernelRange
{
    /// <summary>Below this |x|^2 / sigma^2 of centred rows the kernel is taken as a series around 1.</summary>
    public const double Wide = 1e-3;

    /// <summary>
    /// Float32 rounding of a squared distance, eps |x|^2 of centred rows over sigma^2, seen in the exponent; the gradient's relative
    /// error is about as large. Beyond it training takes float64: above |x| / sigma of 22.
    /// </summary>
    public const double TrainingLimit = 6e-5;

    /// <summary>The same for measuring, which is reported to a relative 1e-5: above |x| / sigma of 13.</summary>
    public const double MeasuringLimit = 2e-5;

    private const double Epsilon = 1.1920929e-7;

    // Sums of e^-u - 1 in float32 are off by some 3e-6 a row, whatever the number of columns:
    // too much for few of them and a u well below 1.
    private const double Narrow = 0.1;
    private const int Many = 512;

    // Squares of rows, and products of two, that float32 holds with all their digits, and that lie far from ScoreEpilogueKernel.MaskOffset.
    private const double LeastSquare = 1e-20, MostSquare = 1e20;

    // Squares of float32 rows over sigma^2 stay within float64 on this side of it.
    private const double Least = 1e-140;

    /// <summary>Chooses by the largest |x|^2 of centred rows.</summary>
    /// <param name="largestSquare">Infinite where float32 cannot hold a difference of two rows.</param>
    /// <param name="sigma">The bandwidth.</param>
    /// <param name="limit">Of the rounding of a float32 square, seen in the exponent: beyond it float64 takes over.</param>
    /// <param name="fewest">Rows of the smaller set.</param>
    public static KernelPrecision Of(double largestSquare, double sigma, double limit, int fewest)
    {
        double ratio = Math.Sqrt(largestSquare) / sigma, squared = ratio * ratio;
        if (largestSquare == 0 || squared <= Wide) return KernelPrecision.Wide;
        bool carried = Epsilon * squared <= limit && largestSquare is >= LeastSquare and <= MostSquare;
        return carried && (squared >= Narrow || fewest >= Many) ? KernelPrecision.Single : KernelPrecision.Double;
    }

    /// <summary>Refuses a bandwidth at which the logarithm of a kernel value is beyond float64.</summary>
    /// <param name="radius">The largest |x| of centred rows.</param>
    /// <param name="sigma">The bandwidth.</param>
    /// <exception cref="InputException">It is too small.</exception>
    public static void Check(double radius, double sigma)
    {
        double least = Math.Max(Least, Least * radius);
        if (radius > 0 && sigma < least)
            throw new InputException($"bandwidth: {sigma:G4} is too small for rows up to {2 * radius:G4} apart, whose kernel values are "
                + $"beyond float64; give {AtLeast(least)} or more");
    }

    /// <summary>Refuses a bandwidth, or a weight, at which the gradient, or the loss itself, may be beyond float32.</summary>
    /// <param name="radius">The largest |x| of centred rows.</param>
    /// <param name="sigma">The bandwidth.</param>
    /// <param name="weight">Of the divergence in the loss.</param>
    /// <param name="logarithms">Of the means (Cauchy-Schwarz), or the means themselves,
    /// whose gradient is at most of the order of 1 / sigma.</param>
    /// <exception cref="InputException">The bandwidth is too small, or the weight too large where a weight of 1 would do.</exception>
    public static void CheckGradient(double radius, double sigma, double weight, bool logarithms)
    {
        if (radius == 0) return;
        double least = LeastToTrain(radius, weight, logarithms);
        if (sigma >= least) return;
        if (weight > 1 && sigma >= LeastToTrain(radius, 1, logarithms))
        {
            double most = logarithms
                ? Math.Min(sigma * sigma / (8 * radius), sigma * sigma / (4 * radius * radius)) * float.MaxValue
                : sigma / 4 * float.MaxValue;
            throw new InputException($"weight of the divergence: {weight:G4} is too large to train rows up to {2 * radius:G4} apart with "
                + $"at a bandwidth of {sigma:G4}, whose gradients are beyond float32; give {AtMost(most)} or less");
        }

        throw new InputException($"bandwidth: {sigma:G4} is too small to train rows up to {2 * radius:G4} apart with, whose gradients "
            + $"are beyond float32; give {AtLeast(least)} or more");
    }

    // |gradient| <= 8 w radius / sigma^2 and D_CS <= 4 radius^2 / sigma^2; of a mean 4 w / sigma.
    private static double LeastToTrain(double radius, double weight, bool logarithms) => logarithms
        ? Math.Max(Math.Sqrt(8 * weight * radius / float.MaxValue), 2 * radius * Math.Sqrt(Math.Max(1, weight) / float.MaxValue))
        : 4 * weight / float.MaxValue;

    private static string AtMost(double most) => (most / 1.001).ToString("G4", System.Globalization.CultureInfo.InvariantCulture);

    // In four digits, rounded up: what the line says is enough.
    private static string AtLeast(double least) => (least * 1.001).ToString("G4", System.Globalization.CultureInfo.InvariantCulture);
}
