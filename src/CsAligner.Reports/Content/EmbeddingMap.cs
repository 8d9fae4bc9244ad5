using System.Numerics.Tensors;
using CsAligner.Evaluation;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Reports.Content;

/// <summary>
/// Both modalities in two dimensions: <see cref="Images"/> and <see cref="Texts"/> hold x and y of each point in turn,
/// point i of one belonging to point i of the other, and the first <see cref="Links"/> pairs are to be joined by lines.
/// </summary>
internal sealed record EmbeddingMap(string Method, float[] Images, float[] Texts, int Links)
{
    /// <summary>
    /// The map of paired features [N, D]: across, along the line from the images' mean to the texts' mean, where the
    /// modalities lie furthest apart; upwards, the largest variance of what that line leaves. At most
    /// <paramref name="points"/> pairs are drawn, evenly spaced over the rows; those to be joined come first.
    /// </summary>
    public static EmbeddingMap Of(string method, Tensor images, Tensor texts, int points = 600, int links = 24)
    {
        float[] imageMean = MeanOf(images), textMean = MeanOf(texts);
        var middle = new float[imageMean.Length];
        TensorPrimitives.Add(imageMean, textMean, middle);
        TensorPrimitives.Multiply(middle, 0.5f, middle);
        var across = new float[middle.Length];
        TensorPrimitives.Subtract(textMean, imageMean, across);
        float gap = TensorPrimitives.Norm(across);
        if (gap > 0)
            TensorPrimitives.Divide(across, gap, across);

        (float[] imagesAcross, Tensor imagesLeft) = Split(images, middle, across);
        (float[] textsAcross, Tensor textsLeft) = Split(texts, middle, across);
        Pca upwards = Pca.Fit([imagesLeft, textsLeft], components: 1);
        int[] rows = LinkedFirst(Spread(images.Shape[0], points), links);
        return new EmbeddingMap(
            method, Join(imagesAcross, upwards.Project(imagesLeft), rows), Join(textsAcross, upwards.Project(textsLeft), rows),
            Math.Min(links, rows.Length));
    }

    /// <summary>The map of paired features [N, D] by t-SNE, of the same pairs.</summary>
    public static EmbeddingMap ByNeighbours(string method, Tensor images, Tensor texts, int points = 600, int links = 24, ulong seed = 0)
    {
        int[] rows = LinkedFirst(Spread(images.Shape[0], points), links);
        float[] map = TSne.Embed([FeatureRows.Take(images, rows), FeatureRows.Take(texts, rows)], new TSneOptions { Seed = seed });
        return new EmbeddingMap(method, map[..(2 * rows.Length)], map[(2 * rows.Length)..], Math.Min(links, rows.Length));
    }

    private static float[] MeanOf(Tensor features)
    {
        var sum = new double[features.Width];
        for (int row = 0; row < features.Rows; row++)
        {
            for (int column = 0; column < sum.Length; column++)
                sum[column] += features.Span[(row * sum.Length) + column];
        }

        return [.. sum.Select(value => (float)(value / features.Rows))];
    }

    /// <summary>The rows' coordinates along a direction, and the rows without their part in it.</summary>
    private static (float[] Along, Tensor Left) Split(Tensor features, float[] origin, float[] direction)
    {
        Tensor left = features.Clone();
        var along = new float[features.Rows];
        for (int row = 0; row < along.Length; row++)
        {
            Span<float> values = left.Span.Slice(row * direction.Length, direction.Length);
            TensorPrimitives.Subtract(values, origin, values);
            along[row] = TensorPrimitives.Dot<float>(values, direction);
            TensorPrimitives.MultiplyAdd(direction, -along[row], values, values);
        }

        return (along, left);
    }

    private static int[] Spread(int rows, int wanted)
    {
        int count = Math.Min(rows, wanted);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * rows / count))];
    }

    private static int[] LinkedFirst(int[] rows, int links)
    {
        int[] linked = [.. Spread(rows.Length, links).Select(i => rows[i])];
        return [.. linked, .. rows.Except(linked)];
    }

    private static float[] Join(float[] across, float[] upwards, int[] rows) =>
        [.. rows.SelectMany(row => new[] { across[row], upwards[row] })];
}
