using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Cli.Reports;

/// <summary>
/// Both modalities in two dimensions: <see cref="Images"/> and <see cref="Texts"/> hold x and y of each point in turn,
/// point i of one belonging to point i of the other, and the first <see cref="Links"/> pairs are to be joined by lines.
/// </summary>
internal sealed record EmbeddingMap(string Method, float[] Images, float[] Texts, int Links, double ExplainedVariance)
{
    /// <summary>
    /// The map of paired features [N, D] by PCA on their pooled rows. At most <paramref name="points"/> pairs are
    /// drawn, evenly spaced over the rows; those to be joined come first.
    /// </summary>
    public static EmbeddingMap Of(string method, Tensor images, Tensor texts, int points = 600, int links = 24)
    {
        Pca pca = Pca.Fit([images, texts]);
        int[] rows = LinkedFirst(Spread(images.Shape[0], points), links);
        (float[] imagePoints, float[] textPoints) = (Take(pca.Project(images), rows), Take(pca.Project(texts), rows));

        // A component has no direction of its own: images go to the left, so that maps side by side read alike.
        if (SumAcross(imagePoints) > SumAcross(textPoints))
        {
            MirrorAcross(imagePoints);
            MirrorAcross(textPoints);
        }

        return new EmbeddingMap(method, imagePoints, textPoints, Math.Min(links, rows.Length), pca.ExplainedVariance.Sum());
    }

    private static double SumAcross(float[] points) => points.Where((_, i) => i % 2 == 0).Sum(x => (double)x);

    private static void MirrorAcross(float[] points)
    {
        for (int i = 0; i < points.Length; i += 2)
            points[i] = -points[i];
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

    private static float[] Take(float[] coordinates, int[] rows) =>
        [.. rows.SelectMany(row => new[] { coordinates[2 * row], coordinates[(2 * row) + 1] })];
}
