using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Measures;

namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// D_CS in time linear in the rows, with a standard error. The kernel means are split in two: what <see cref="Features"/>
/// landmark rows of both sides span (Nystrom) is computed over every row, the small rest is estimated without bias
/// from pairs of two samples of <see cref="SampleRows"/> rows. The smaller the bandwidth, the less landmarks span and the larger the error:
/// never worse than the sample alone.
/// </summary>
/// <remarks>
/// Time O((M + N) m D + n^2 D + m^3) for m features and n sampled rows, memory O((m + n) D + n m). Float32 kernel values,
/// float64 sums; rows are centred where float32 distances need it. The same bits for any number of threads.
/// </remarks>
public sealed record NystromEstimator
{
    /// <summary>Landmarks unless said otherwise.</summary>
    public const int DefaultFeatures = 512;

    /// <summary>The fewest landmarks.</summary>
    public const int FewestFeatures = 16;

    /// <summary>The most landmarks: their equations are solved in time m^3.</summary>
    public const int MostFeatures = 4096;

    private const int SampleRowsPerFeature = 8;

    // Float32 rounding of a squared distance seen in the exponent, eps |x|^2 / sigma^2: far below the estimate's own error,
    // and where it would show.
    private const double UncentredLimit = 2e-5;
    private const double CentredLimit = 1e-3;
    private const double Epsilon = 1.1920929e-7;

    // Squares that float32 holds; and of the bandwidth over the largest squared distance from the mean:
    // where kernel values are so near to 1 that float32 loses what tells them apart.
    private const double LeastSquare = 1e-20, MostSquare = 1e30, Narrowest = 1000;

    // A mean that is not clearly above its error has no logarithm worth reporting.
    private const double FewestErrors = 5;

    // Relative to the self terms: below this, the cross term is lost in the rounding of the landmarks' equations, whatever its estimated
    // error.
    private const double SmallestCross = 1e-10;

    /// <summary>Landmarks m, half from either side; <see cref="FewestFeatures"/> to <see cref="MostFeatures"/>.</summary>
    public int Features
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, FewestFeatures);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostFeatures);
            field = value;
        }
    }
    = DefaultFeatures;

    /// <summary>Rows n drawn of each side, with replacement.</summary>
    public int SampleRows => SampleRowsPerFeature * Features;

    /// <summary>Estimates D_CS.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="bandwidth">sigma, finite and above 0.</param>
    /// <param name="seed">Draws landmarks and samples.</param>
    /// <exception cref="InputException">The bandwidth is too small or too large for an estimate.</exception>
    public DivergenceEstimate Estimate(Tensor x, Tensor y, double bandwidth, ulong seed = 0)
    {
        CsAlignerObjective.Check(x, y, bandwidth, offDiagonal: false);
        var means = Means(x, y, bandwidth, null, seed)[0];
        double cross = 2 * Math.Log(means.Cross);
        double? offX = LogOffDiagonal(means.SelfX, x.Rows), offY = LogOffDiagonal(means.SelfY, y.Rows);
        return new DivergenceEstimate(Math.Log(means.SelfX) + Math.Log(means.SelfY) - cross, offX + offY - cross, means.DivergenceError);
    }

    /// <summary>
    /// D_CS of the landmarks' part alone, for training: the landmarks are drawn again for every step and taken as constant. It
    /// leaves out what landmarks do not span, so its value is somewhat lower and its gradient somewhat shorter. The
    /// gradients are added to those that are not null.
    /// </summary>
    internal double Project(Tensor x, Tensor y, double bandwidth, double weight, ulong seed, Tensor? gradX, Tensor? gradY)
    {
        Check(Longest(x, y), Spread(x, y, BlockSums.Centre(x, y)), bandwidth);
        Tensor landmarks = NystromKernelMeans.Landmarks(x, y, Features, new RandomGenerator(seed));
        return NystromKernelMeans.Projected(x, y, landmarks, bandwidth, weight, gradX, gradY);
    }

    /// <summary>Kernel means for a bandwidth, which must be estimable, and for a second one where that is estimable too.</summary>
    internal EstimatedMeans[] Means(Tensor x, Tensor y, double bandwidth, double? second, ulong seed)
    {
        Tensor mean = BlockSums.Centre(x, y);
        double spread = Spread(x, y, mean), longest = Longest(x, y);
        if (!(Epsilon / (bandwidth * bandwidth) * longest <= UncentredLimit))
        {
            (x, y) = (Subtract(x, mean), Subtract(y, mean));
            longest = spread;
        }

        Check(longest, spread, bandwidth);
        double[] bandwidths = second is { } other && IsEstimable(longest, spread, other) ? [bandwidth, other] : [bandwidth];
        var means = NystromKernelMeans.Compute(x, y, bandwidths, Features, SampleRows, new RandomGenerator(seed));
        var first = means[0];
        double least = Math.Max(FewestErrors * first.ErrorCross, SmallestCross * Math.Sqrt(first.SelfX * first.SelfY));
        return first.SelfX > FewestErrors * first.ErrorX && first.SelfY > FewestErrors * first.ErrorY && first.Cross > least
            ? means
            : throw TooSmall(bandwidth);
    }

    /// <summary>ln of the mean over distinct rows, whose diagonal is 1; null if there is none, or it is lost in the error.</summary>
    internal static double? LogOffDiagonal(double mean, int rows)
    {
        double offDiagonal = rows < 2 ? 0 : ((mean * rows) - 1) / (rows - 1);
        return offDiagonal > 0 ? Math.Log(offDiagonal) : null;
    }

    private static InputException TooSmall(double bandwidth) => new(
        $"nystrom estimate: expected a mean kernel value well above its error, at sigma = {bandwidth:G4} it is not; give a larger "
            + "bandwidth, more features or use the exact estimator");

    private static void Check(double longest, double spread, double bandwidth)
    {
        if (IsEstimable(longest, spread, bandwidth)) return;
        if (longest is < LeastSquare or > MostSquare)
            throw new InputException($"nystrom estimate: rows {Math.Sqrt(spread):G4} from their mean have squares beyond float32"
                + "; scale them, or use the exact estimator");
        if (bandwidth * bandwidth > Narrowest * spread)
            throw new InputException($"nystrom estimate: expected a bandwidth of {0.999 * Math.Sqrt(Narrowest * spread):G4} or less for "
                + $"rows {Math.Sqrt(spread):G4} from their mean, got {bandwidth:G4}; use the exact estimator");
        throw TooSmall(bandwidth);
    }

    private static bool IsEstimable(double longest, double spread, double bandwidth) =>
        longest is >= LeastSquare and <= MostSquare && bandwidth * bandwidth <= Narrowest * spread
            && Epsilon * longest / (bandwidth * bandwidth) <= CentredLimit;

    private static double Longest(Tensor x, Tensor y) => Spread(x, y, new Tensor(x.Width));

    // The largest squared distance of a row from a point.
    private static double Spread(Tensor x, Tensor y, Tensor point) =>
        Math.Max(BlockSums.Squares(x, x.Rows, point).Largest, BlockSums.Squares(y, y.Rows, point).Largest);

    private static Tensor Subtract(Tensor rows, Tensor point)
    {
        var centred = new Tensor(rows.Rows, rows.Width);
        for (int i = 0; i < rows.Length; i++) centred.Span[i] = rows.Span[i] - point.Span[i % point.Length];
        return centred;
    }
}
