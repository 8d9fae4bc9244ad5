using CsAligner.Data.Icons;
using CsAligner.Evaluation;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Studies.Icons;

/// <summary>Some icons of a data set and what the encoder made of them: row i of both feature matrices is icon i.</summary>
internal sealed record IconPairs(string Name, IconDataset Icons, int[] Indices, Tensor Images, Tensor Texts)
{
    public int Count => Indices.Length;

    /// <summary>The text of a row: the icon's main caption.</summary>
    public string Caption(int row) => Icons[Indices[row]].Caption;

    /// <summary>
    /// The pairs to train on: icons with colours twice, because they are few and most unlike the rest. In pretraining they
    /// are shown more often too.
    /// </summary>
    public (Tensor Images, Tensor Texts) ForTraining()
    {
        int[] rows = [.. Enumerable.Range(0, Count).SelectMany(row => Enumerable.Repeat(row, Icons[Indices[row]].IsColoured ? 2 : 1))];
        return (FeatureRows.Take(Images, rows), FeatureRows.Take(Texts, rows));
    }

    /// <summary>Embeds icons and their main captions.</summary>
    public static IconPairs Embed(string name, IconDataset icons, int[] indices, ClipEmbedder embedder, Action<int> done,
        CancellationToken cancellation)
    {
        var images = embedder.EmbedImages(indices.Length, (i, rgb) => icons.GetImage(indices[i], rgb), done, cancellation);
        var texts = embedder.EmbedTexts([.. indices.Select(i => icons[i].Caption)], null, cancellation);
        return new IconPairs(name, icons, indices, images, texts);
    }

    /// <summary>
    /// At most <paramref name="most"/> icons with distinct captions, drawn by the seed, in the data set's order: two
    /// right answers to one query would make recall meaningless.
    /// </summary>
    public static int[] DistinctNames(IconDataset icons, IEnumerable<int> candidates, int most, ulong seed)
    {
        int[] order = [.. candidates];
        new RandomGenerator(seed).Shuffle<int>(order);
        return [.. order.DistinctBy(i => icons[i].Caption).Take(most).Order()];
    }
}
