using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;

namespace CsAligner.Evaluation;

// Shapes: images [M, D], texts [N, D].

/// <summary>
/// Samples of four kinds of distances: where the modalities have one distribution, those between images and others' texts look
/// like those within the modalities.
/// </summary>
/// <param name="Matched">An image and its text, every pair.</param>
/// <param name="Others">An image and others' texts.</param>
/// <param name="WithinImages">Two images.</param>
/// <param name="WithinTexts">Two texts.</param>
public sealed record PairDistances(float[] Matched, float[] Others, float[] WithinImages, float[] WithinTexts)
{
    /// <summary>Distances to as many others a row unless said otherwise.</summary>
    public const int DefaultOthers = 20;

    /// <summary>All matched pairs, and for each row up to <paramref name="others"/> partners at even steps through the other rows:
    /// no draw, no seed.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">Null for row i to row i.</param>
    /// <param name="others">1 or more.</param>
    /// <exception cref="InputException">No pairing is given and the numbers of rows differ.</exception>
    public static PairDistances Of(Tensor images, Tensor texts, Pairing? pairing = null, int others = DefaultOthers)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(others, 1);
        if (pairing == null && images.Rows != texts.Rows)
            throw new InputException($"pair distances: {images.Rows} images and {texts.Rows} texts need pairs");
        pairing ??= Pairing.Diagonal(images.Rows);
        int[] imageOfText = [.. pairing.ImageOfText];
        var between = new List<(int, int)>();
        for (int text = 0; text < imageOfText.Length; text++)
            foreach (int image in Strangers(imageOfText[text], images.Rows, others)) between.Add((image, text));
        return new PairDistances(
            SampledDistances.Of(images, texts, [.. imageOfText.Select((image, text) => (image, text))]),
            SampledDistances.Of(images, texts, between),
            SampledDistances.Of(images, images, Within(images.Rows, others)),
            SampledDistances.Of(texts, texts, Within(texts.Rows, others)));
    }

    private static List<(int Row, int Other)> Within(int rows, int others)
    {
        var pairs = new List<(int, int)>();
        for (int row = 0; row < rows; row++)
            foreach (int other in Strangers(row, rows, others)) pairs.Add((row, other));
        return pairs;
    }

    // Rows at even steps behind this one, never itself.
    private static IEnumerable<int> Strangers(int row, int rows, int count)
    {
        int most = Math.Min(count, rows - 1);
        for (int k = 0; k < most; k++) yield return (int)((row + 1 + ((long)k * (rows - 1) / most)) % rows);
    }
}
