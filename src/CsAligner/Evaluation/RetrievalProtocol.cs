using CsAligner.Tensors;

namespace CsAligner.Evaluation;

/// <summary>
/// How the field measures retrieval on a data set: the test split of Karpathy and Fei-Fei, five captions of each image, all at once or
/// as the mean over folds. Images are in the file's order, fold f has those from f times the images of a fold on.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Images">Images of the whole split.</param>
/// <param name="Folds">Parts that are searched apart; 1 for the whole.</param>
public sealed record RetrievalProtocol(string Name, int Images, int Folds)
{
    /// <summary>Captions of each image.</summary>
    public const int Captions = 5;

    /// <summary>All that can be named.</summary>
    public static IReadOnlyList<RetrievalProtocol> All { get; } =
        [new("flickr30k-1k", 1000, 1), new("flickr8k-1k", 1000, 1), new("coco-5k", 5000, 1), new("coco-1k", 5000, 5)];

    /// <summary>Their names.</summary>
    public static string Names => string.Join(", ", All.Select(protocol => protocol.Name));

    /// <summary>Finds a protocol by its name.</summary>
    /// <param name="name">Such as coco-1k.</param>
    /// <exception cref="InputException">There is no protocol of this name.</exception>
    public static RetrievalProtocol Parse(string name) =>
        All.FirstOrDefault(protocol => protocol.Name == name)
            ?? throw new InputException(
                $"protocol: expected one of {Names}, got '{name}'{Suggestion.End(name, All.Select(protocol => protocol.Name))}");

    /// <summary>Makes sure that rows are those of the protocol.</summary>
    /// <param name="pairing">The pairs: which text belongs to which image.</param>
    /// <exception cref="InputException">Another number of images, or of captions of an image.</exception>
    public void Check(Pairing pairing)
    {
        ArgumentNullException.ThrowIfNull(pairing);
        if (pairing.Images != Images || pairing.Texts != Images * Captions)
            throw new InputException(
                $"evaluate: {Name} needs {Images} images with {Captions} captions each, {Images * Captions} texts; "
                    + $"got {pairing.Images} images and {pairing.Texts} texts: embed karpathy:FILE:{Name} without bad samples, or "
                    + "evaluate without a protocol");
        int[] captions = new int[Images];
        foreach (int image in pairing.ImageOfText) captions[image]++;
        int wrong = Array.FindIndex(captions, count => count != Captions);
        if (wrong >= 0)
            throw new InputException($"evaluate: {Name} needs {Captions} captions per image, but "
                + $"image {wrong} has {captions[wrong]}; embed karpathy:FILE:{Name}, or give its pairs");
    }

    /// <summary>Retrieval within each fold.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">The pairs: which text belongs to which image.</param>
    /// <param name="temperature">tau of the bound on the mutual information.</param>
    /// <exception cref="InputException">The rows are not those of the protocol.</exception>
    public IReadOnlyList<FoldMeasures> Measure(Tensor images, Tensor texts, Pairing pairing,
        double temperature = Evaluator.DefaultTemperature)
    {
        Check(pairing);
        int size = Images / Folds;
        var folds = new List<FoldMeasures>();
        for (int first = 0; first < Images; first += size)
        {
            int start = first;
            int[] rows = [.. Enumerable.Range(0, pairing.Texts)
                .Where(text => pairing.ImageOfText[text] >= start && pairing.ImageOfText[text] < start + size)];
            var within = Pairing.From([.. rows.Select(text => (long)(pairing.ImageOfText[text] - start))], size, rows.Length);
            folds.Add(FoldMeasures.Of(FeatureRows.Range(images, start, start + size), FeatureRows.Take(texts, rows), within, temperature));
        }

        return folds;
    }
}
