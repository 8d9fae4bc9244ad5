using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Evaluation;

// Shapes: images [M, D], texts [N, D].

/// <summary>
/// How well a threshold on the cosine tells pairs of rows with the same label from pairs with different ones: the area under the ROC
/// curve (AUROC), which is the probability that a pair of the same label has the higher cosine (Hanley and McNeil, Radiology 1982;
/// equal cosines count half). Where cosines of two images, of two texts and of an image and a text have different ranges, one threshold
/// for all of them is worse than one for each.
/// </summary>
/// <param name="OneThreshold">Of all pairs together, whatever their kinds. Null if all pairs, or none, have the same label; so are the
/// others.</param>
/// <param name="Images">Of pairs of two images.</param>
/// <param name="Texts">Of pairs of two texts.</param>
/// <param name="Across">Of pairs of an image and a text, partners included.</param>
public sealed record ThresholdMeasures(double? OneThreshold, double? Images, double? Texts, double? Across)
{
    private const int MostRows = 5000;

    /// <summary>The mean over the three kinds of pairs, each with a threshold of its own; null if one of them is.</summary>
    public double? ThresholdEach => (Images + Texts + Across) / 3;

    /// <summary>
    /// Measures all pairs of distinct rows, each once, by ranks: exact up to 5,000 rows of both modalities, else of 5,000 drawn by the
    /// seed. Time O(R^2 (D + log R)), memory O(R^2) for R rows.
    /// </summary>
    /// <param name="images">[M, D], of any length but 0.</param>
    /// <param name="imageLabels">[M] numbers of labels, any.</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="textLabels">[N].</param>
    /// <param name="seed">Draws rows where there are too many.</param>
    /// <exception cref="InputException">A row has no direction.</exception>
    public static ThresholdMeasures Of(Tensor images, IReadOnlyList<int> imageLabels, Tensor texts, IReadOnlyList<int> textLabels,
        ulong seed = 0) => Of(images, imageLabels, texts, textLabels, seed, MostRows);

    /// <summary>The same with another number of rows.</summary>
    internal static ThresholdMeasures Of(Tensor images, IReadOnlyList<int> imageLabels, Tensor texts, IReadOnlyList<int> textLabels,
        ulong seed, int mostRows)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(imageLabels);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(textLabels);
        if (images.Rank != 2 || texts.Rank != 2 || images.Width != texts.Width || images.Rows != imageLabels.Count
            || texts.Rows != textLabels.Count)
        {
            throw new ArgumentException($"Threshold: expected [M, D] with M labels and [N, D] with N labels, got {images} with "
                + $"{imageLabels.Count} and {texts} with {textLabels.Count}.", nameof(textLabels));
        }

        int[] order = [.. Enumerable.Range(0, images.Rows + texts.Rows)];
        if (order.Length > mostRows)
        {
            new RandomGenerator(seed).Shuffle<int>(order);
            order = [.. order.Take(mostRows).Order()];
        }

        int[] ofImages = [.. order.Where(row => row < images.Rows)];
        int[] ofTexts = [.. order.Where(row => row >= images.Rows).Select(row => row - images.Rows)];
        Tensor x = FeatureRows.Unit(FeatureRows.Take(images, ofImages), "threshold of images");
        Tensor y = FeatureRows.Unit(FeatureRows.Take(texts, ofTexts), "threshold of texts");
        int[] labelsX = [.. ofImages.Select(row => imageLabels[row])], labelsY = [.. ofTexts.Select(row => textLabels[row])];
        var (ofX, ofY, across) = (Within(x, labelsX), Within(y, labelsY), Between(x, labelsX, y, labelsY));
        return new ThresholdMeasures(
            Auroc([.. ofX.Cosines, .. ofY.Cosines, .. across.Cosines], [.. ofX.Same, .. ofY.Same, .. across.Same]),
            Auroc(ofX.Cosines, ofX.Same), Auroc(ofY.Cosines, ofY.Same), Auroc(across.Cosines, across.Same));
    }

    /// <summary>The area under the ROC curve; null if all are relevant, or none. Sorts both.</summary>
    internal static double? Auroc(float[] scores, bool[] relevant)
    {
        Array.Sort(scores, relevant);
        long below = 0, all = relevant.LongCount(each => each);

        // Twice the number of pairs of a relevant and another that are in order: a whole number.
        Int128 ordered = 0;
        for (int start = 0, end; start < scores.Length; start = end)
        {
            long right = 0, wrong = 0;
            for (end = start; end < scores.Length && scores[end] == scores[start]; end++)
            {
                if (relevant[end]) right++;
                else wrong++;
            }

            ordered += (Int128)right * ((2 * below) + wrong);
            below += wrong;
        }

        return all == 0 || below == 0 ? null : (double)ordered / (2.0 * all * below);
    }

    private static (float[] Cosines, bool[] Same) Within(Tensor rows, int[] labels)
    {
        int count = rows.Rows;
        float[] all = Cosines(rows, rows), cosines = new float[checked((int)((long)count * (count - 1) / 2))];
        bool[] same = new bool[cosines.Length];
        for (int i = 0, pair = 0; i < count; i++)
            for (int j = i + 1; j < count; j++, pair++)
                (cosines[pair], same[pair]) = (all[(i * count) + j], labels[i] == labels[j]);
        return (cosines, same);
    }

    private static (float[] Cosines, bool[] Same) Between(Tensor x, int[] labelsX, Tensor y, int[] labelsY)
    {
        float[] cosines = Cosines(x, y);
        bool[] same = new bool[cosines.Length];
        for (int i = 0; i < x.Rows; i++)
            for (int j = 0; j < y.Rows; j++) same[(i * y.Rows) + j] = labelsX[i] == labelsY[j];
        return (cosines, same);
    }

    private static float[] Cosines(Tensor x, Tensor y)
    {
        float[] cosines = new float[checked(x.Rows * y.Rows)];
        if (cosines.Length > 0) AllScores.Compute(x, y, cosines, y.Rows, 0);
        return cosines;
    }
}
