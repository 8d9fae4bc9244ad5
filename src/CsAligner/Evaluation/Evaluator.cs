using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Evaluation;

// Shapes: x [M, D] images, y [N, D] texts.

/// <summary>
/// Measures the effect of alignment. Rows are used as they are: normalise them first, unless you want raw values.
/// Scores are float32 over tiles with float64 sums (float64 where a small bandwidth needs it), everything else is
/// float64; memory O((M + N) D + D^2 + a tile).
/// </summary>
public static class Evaluator
{
    /// <summary>tau of the mutual information bound unless another is given.</summary>
    public const double DefaultTemperature = 0.05;

    // exp(-2 d^2) is the Gaussian kernel of sigma = 1/2.
    internal const double UniformityBandwidth = 0.5;

    /// <summary>The bandwidth that results are judged at.</summary>
    public static BandwidthRule DefaultBandwidth { get; } = BandwidthRule.Within(0.35);

    /// <summary>Distribution measures of two sets.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="bandwidth">Null for within*0.35.</param>
    /// <param name="seed">Draws rows for medians of large sets.</param>
    /// <param name="pairing">Null: row i to row i where the numbers of rows agree, else no pairs.</param>
    /// <param name="estimator">Estimates what takes all pairs of rows, in time linear in the rows; null computes it.</param>
    public static DistributionMeasures Measure(
        Tensor x, Tensor y, BandwidthRule? bandwidth = null, ulong seed = 0, Pairing? pairing = null, NystromEstimator? estimator = null)
    {
        Check(x, y);
        pairing ??= x.Rows == y.Rows ? Pairing.Diagonal(x.Rows) : null;
        double sigma = (bandwidth ?? DefaultBandwidth).Resolve(x, y, seed);
        var estimated = estimator?.Means(x, y, sigma, UniformityBandwidth, seed);
        var measures = estimated == null ? FusedLossKernel.Measure(x, y, sigma) : Logarithms(estimated[0], x.Rows, y.Rows).Measures;
        var pairs = pairing == null ? default : PairMeasures.Compute(x, y, [.. pairing.ImageOfText]);
        return new DistributionMeasures
        {
            RowsX = x.Rows,
            RowsY = y.Rows,
            Dim = x.Width,
            Bandwidth = sigma,
            CsDivergence = measures.CauchySchwarz,
            CsDivergenceOffDiagonal = double.IsNaN(measures.OffDiagonal) ? null : measures.OffDiagonal,
            Mmd = measures.MaximumMeanDiscrepancy,
            Frechet = x.Rows < 2 || y.Rows < 2 ? null : FrechetDistance.Compute(x, y),
            CentroidGap = PairMeasures.CentroidGap(x, y),
            Alignment = pairing == null ? null : pairs.Alignment,
            UniformityX = estimated == null ? Uniformity(x) : estimated.Length < 2
                ? null
                : NystromEstimator.LogOffDiagonal(estimated[1].SelfX, x.Rows),
            UniformityY = estimated == null ? Uniformity(y) : estimated.Length < 2
                ? null
                : NystromEstimator.LogOffDiagonal(estimated[1].SelfY, y.Rows),
            MeanCosinePairs = pairing == null ? null : pairs.MeanCosinePairs,
            MeanCosineOthers = pairing == null || double.IsNaN(pairs.MeanCosineOthers) ? null : pairs.MeanCosineOthers,
            Features = estimator?.Features,
            CsDivergenceStandardError = estimated?[0].DivergenceError,
        };
    }

    /// <summary>Retrieval both ways, the mutual information bound, and the distribution measures.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="bandwidth">Null for within*0.35.</param>
    /// <param name="seed">Draws rows for medians of large sets.</param>
    /// <param name="pairing">
    /// Null: row i to row i. An image's rank is the rank of its best text. Images without a text are not queries, but
    /// they are candidates. The mutual information bound takes each image once, with its first text.
    /// </param>
    /// <param name="temperature">tau of that bound.</param>
    /// <param name="protocol">
    /// Null: all rows are candidates. Else retrieval and the bound are means over its folds; distributions are those of all rows.
    /// </param>
    /// <param name="estimator">Estimates the distributions in time linear in the rows; null computes them.</param>
    /// <exception cref="InputException">No pairing is given and the numbers of rows differ;
    /// the rows are not those of the protocol.</exception>
    public static AlignmentMeasures Evaluate(
        Tensor images,
        Tensor texts,
        BandwidthRule? bandwidth = null,
        ulong seed = 0,
        Pairing? pairing = null,
        double temperature = DefaultTemperature,
        RetrievalProtocol? protocol = null,
        NystromEstimator? estimator = null)
    {
        Check(images, texts);
        if (pairing == null && images.Rows != texts.Rows)
            throw new InputException(
                $"evaluate: {images.Rows} images and {texts.Rows} texts need pairs: the image row of each text");
        pairing ??= Pairing.Diagonal(images.Rows);
        FoldMeasures[] folds = protocol is null
            ? [FoldMeasures.Of(images, texts, pairing, temperature)]
            : [.. protocol.Measure(images, texts, pairing, temperature)];
        var mean = FoldMeasures.Mean(folds);
        var distributions = Measure(images, texts, bandwidth, seed, pairing, estimator);
        return new AlignmentMeasures(mean.ImageToText, mean.TextToImage, mean.Mixed, mean.MutualInformationLowerBound,
            temperature, distributions)
        { Protocol = protocol, Folds = folds };
    }

    /// <summary>Retrieval of texts by images.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">The pairs: which text belongs to which image.</param>
    public static RetrievalMeasures ImageToText(Tensor images, Tensor texts, Pairing pairing)
    {
        ArgumentNullException.ThrowIfNull(pairing);
        int[][] answers = pairing.TextsOfImage();
        int[] asking = [.. Enumerable.Range(0, answers.Length).Where(i => answers[i].Length > 0)];
        var queries = asking.Length == answers.Length ? images : FeatureRows.Take(images, asking);
        return RetrievalMeasures.FromRanks(RetrievalRanks.Compute(queries, texts, [.. asking.Select(i => answers[i])]));
    }

    /// <summary>Retrieval of images by texts.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">The pairs: which text belongs to which image.</param>
    public static RetrievalMeasures TextToImage(Tensor images, Tensor texts, Pairing pairing)
    {
        ArgumentNullException.ThrowIfNull(pairing);
        return RetrievalMeasures.FromRanks(RetrievalRanks.Compute(texts, images, [.. pairing.ImageOfText.Select(i => new[] { i })]));
    }

    /// <summary>ln N - InfoNCE in nats over the images that have texts, each with its first.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">The pairs: which text belongs to which image.</param>
    /// <param name="temperature">tau.</param>
    internal static double MutualInformation(Tensor images, Tensor texts, Pairing pairing, double temperature)
    {
        int[][] textsOfImage = pairing.TextsOfImage();
        int[] asking = [.. Enumerable.Range(0, textsOfImage.Length).Where(i => textsOfImage[i].Length > 0)];
        Tensor x = FeatureRows.Take(images, asking), y = FeatureRows.Take(texts, [.. asking.Select(i => textsOfImage[i][0])]);
        CsAlignerObjective.CheckTemperature(temperature);
        var weights = new FusedLossParameters(0, 1, false, 1, 1 / temperature, x.Rows);
        return Math.Log(asking.Length) - FusedLossKernel.Compute(x, y, weights, null, null).InfoNce;
    }

    private static double? Uniformity(Tensor rows) => rows.Rows < 2 ? null : FusedLossKernel.LogMeanWithin(rows, UniformityBandwidth);

    private static KernelMeans Logarithms(EstimatedMeans means, int rowsX, int rowsY) => new(
        Math.Log(means.SelfX),
        Math.Log(means.SelfY),
        NystromEstimator.LogOffDiagonal(means.SelfX, rowsX) ?? double.NaN,
        NystromEstimator.LogOffDiagonal(means.SelfY, rowsY) ?? double.NaN,
        Math.Log(means.Cross));

    private static void Check(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rank != 2 || y.Rank != 2 || x.Width != y.Width)
            throw new InputException($"measure: both sides must be matrices of one width, got {x} and {y}");
        if (x.Rows == 0 || y.Rows == 0) throw new InputException($"measure: both sides need at least one row, got {x} and {y}");
    }
}
