using CsAligner.Tensors;

namespace CsAligner.Evaluation;

// Shapes: images [N, D], texts [N, D]; row i of both belongs together and has one label.

/// <summary>
/// What a space of both modalities is good for where rows have labels: clusters of images and texts together, classifiers that are
/// trained on one modality and used on the other, and one threshold of relevance for both.
/// </summary>
/// <param name="Rows">N.</param>
/// <param name="Labels">How many labels occur.</param>
/// <param name="MajorityShare">The share of the most frequent label: what a classifier reaches that knows nothing else.</param>
/// <param name="Clusters">As many clusters as labels over all 2 N rows (<see cref="SphericalKMeans"/>), against the labels.</param>
/// <param name="TextToImageAccuracy">The share of images whose label a <see cref="LinearClassifier"/> finds that was trained on texts.
/// Cross-validated, as are the others: the label is never asked of a pair that was trained on.</param>
/// <param name="ImageToTextAccuracy">Trained on images, used on texts.</param>
/// <param name="ImageAccuracy">Trained and used on images: what <paramref name="TextToImageAccuracy"/> is to be compared with.</param>
/// <param name="TextAccuracy">Trained and used on texts.</param>
/// <param name="Thresholds">The cosine as a score of the same label.</param>
public sealed record LabelMeasures(int Rows, int Labels, double MajorityShare, ClusterAgreement Clusters, double TextToImageAccuracy,
    double ImageToTextAccuracy, double ImageAccuracy, double TextAccuracy, ThresholdMeasures Thresholds)
{
    /// <summary>The fewest rows of a label.</summary>
    public const int FewestRows = 2;

    private const int Folds = 5;

    // Streams of the seed.
    private const ulong FoldStream = 1, ClusterStream = 2, ThresholdStream = 3;

    /// <summary>
    /// Measures rows. Classifiers are trained on four fifths of the pairs and used on the last, five times; each label is spread over the
    /// fifths evenly.
    /// </summary>
    /// <param name="images">[N, D], of any length but 0.</param>
    /// <param name="texts">[N, D], row i with row i of the images.</param>
    /// <param name="labels">[N] the label of both; at least 2 labels, each of at least 2 rows.</param>
    /// <param name="seed">Draws the fifths, the starts of clusters, and rows where there are too many for all pairs.</param>
    /// <exception cref="InputException">There are too few labels or rows of one, or a row has no direction.</exception>
    public static LabelMeasures Of(Tensor images, Tensor texts, IReadOnlyList<string> labels, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        if (images.Rank != 2 || texts.Rank != 2 || images.Width != texts.Width || images.Rows != texts.Rows
            || images.Rows != labels.Count)
        {
            throw new ArgumentException($"Label measures: expected [N, D], [N, D] and N labels, got {images}, {texts} and "
                + $"{labels.Count}.", nameof(labels));
        }

        string[] names = [.. labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        int[] numbers = [.. labels.Select(label => Array.BinarySearch(names, label, StringComparer.Ordinal))];
        int[] sizes = [.. Enumerable.Range(0, names.Length).Select(number => numbers.Count(each => each == number))];
        if (names.Length < 2)
            throw new InputException($"label measures: expected at least 2 labels, got {names.Length} in {labels.Count} rows");
        if (Array.FindIndex(sizes, size => size < FewestRows) is >= 0 and var lone)
            throw new InputException($"label measures: expected at least {FewestRows} rows of each label, got {sizes[lone]} of "
                + $"'{names[lone]}'; leave it out");
        var random = new RandomGenerator(seed);
        Tensor x = FeatureRows.Unit(images, "label measures of images"), y = FeatureRows.Unit(texts, "label measures of texts");
        var clusters = SphericalKMeans.Fit(
            FeatureRows.Join(x, y), names.Length, random.Split(ClusterStream).NextUInt64());
        var thresholds = ThresholdMeasures.Of(x, numbers, y, numbers, random.Split(ThresholdStream).NextUInt64());
        var (imagesRight, textsRight) = Classify(x, y, numbers, random.Split(FoldStream));
        return new LabelMeasures(labels.Count, names.Length, (double)sizes.Max() / labels.Count,
            ClusterAgreement.Of([.. numbers, .. numbers], [.. clusters.Clusters]), imagesRight.ByTexts, textsRight.ByImages,
            imagesRight.ByImages, textsRight.ByTexts, thresholds);
    }

    // Shares of right answers, by what was trained on.
    private static ((double ByImages, double ByTexts) Images, (double ByImages, double ByTexts) Texts) Classify(Tensor x, Tensor y,
        int[] labels, RandomGenerator random)
    {
        int[] order = [.. Enumerable.Range(0, labels.Length)];
        random.Shuffle<int>(order);
        int[] dealt = [.. order.OrderBy(row => labels[row])];
        (double ByImages, double ByTexts) ofImages = default, ofTexts = default;
        for (int fold = 0; fold < Folds; fold++)
        {
            int[] train = [.. dealt.Where((_, place) => place % Folds != fold)];
            int[] test = [.. dealt.Where((_, place) => place % Folds == fold)];
            if (test.Length == 0) continue;
            int[] trained = [.. train.Select(row => labels[row])], asked = [.. test.Select(row => labels[row])];
            LinearClassifier byX = LinearClassifier.Fit(FeatureRows.Take(x, train), trained),
                byY = LinearClassifier.Fit(FeatureRows.Take(y, train), trained);
            Tensor testX = FeatureRows.Take(x, test), testY = FeatureRows.Take(y, test);
            double share = (double)test.Length / labels.Length;
            ofImages = (ofImages.ByImages + (share * byX.Accuracy(testX, asked)), ofImages.ByTexts + (share * byY.Accuracy(testX, asked)));
            ofTexts = (ofTexts.ByImages + (share * byX.Accuracy(testY, asked)), ofTexts.ByTexts + (share * byY.Accuracy(testY, asked)));
        }

        return (ofImages, ofTexts);
    }
}
