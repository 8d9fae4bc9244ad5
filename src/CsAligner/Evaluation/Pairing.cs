using CsAligner.Tensors;

namespace CsAligner.Evaluation;

/// <summary>The pairs of images and texts: one image for each text, any number of texts for an image.</summary>
public sealed class Pairing
{
    private Pairing(int[] imageOfText, int images) => (ImageOfText, Images) = (imageOfText, images);

    /// <summary>For each text row the row of its image.</summary>
    public IReadOnlyList<int> ImageOfText { get; }

    /// <summary>Rows of images.</summary>
    public int Images { get; }

    /// <summary>Rows of texts.</summary>
    public int Texts => ImageOfText.Count;

    /// <summary>Row i belongs to row i.</summary>
    /// <param name="rows">Rows of both.</param>
    public static Pairing Diagonal(int rows) => new([.. Enumerable.Range(0, rows)], rows);

    /// <summary>Reads the contents of P.npy.</summary>
    /// <param name="imageOfText">For each text row the row of its image.</param>
    /// <param name="images">Rows of images.</param>
    /// <param name="texts">Rows of texts.</param>
    /// <param name="source">The file, for the message of an error.</param>
    /// <exception cref="InputException">The number of entries differs from the number of texts, or one is out of range.</exception>
    public static Pairing From(ReadOnlySpan<long> imageOfText, int images, int texts, string source = "pairs")
    {
        if (imageOfText.Length != texts)
            throw new InputException($"{source}: expected one image row for each of the {texts} texts, got {imageOfText.Length} entries");
        var rows = new int[texts];
        for (int j = 0; j < texts; j++)
        {
            if (imageOfText[j] < 0 || imageOfText[j] >= images)
                throw new InputException($"{source}: row {j} names image {imageOfText[j]}, but the images are 0 to {images - 1}");
            rows[j] = (int)imageOfText[j];
        }

        return new Pairing(rows, images);
    }

    /// <summary>For each image the rows of its texts, in order; empty if it has none.</summary>
    internal int[][] TextsOfImage()
    {
        var texts = new List<int>[Images];
        for (int i = 0; i < Images; i++) texts[i] = [];
        for (int j = 0; j < Texts; j++) texts[ImageOfText[j]].Add(j);
        return [.. texts.Select(t => t.ToArray())];
    }
}
