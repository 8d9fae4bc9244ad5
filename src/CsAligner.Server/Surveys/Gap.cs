using CsAligner.Objectives;
using CsAligner.Search.Surveys;
using CsAligner.Tensors;

namespace CsAligner.Server.Surveys;

/// <summary>How far apart pictures and texts lie.</summary>
/// <param name="Divergence">D_CS, off-diagonal, at within*0.35: as <c>measure</c> gives it.</param>
/// <param name="CentroidDistance">Between the means of the rows of length 1.</param>
internal sealed record Gap(double Divergence, double CentroidDistance)
{
    private const int FewestRows = 8;

    private static readonly BandwidthRule Rule = BandwidthRule.Within(0.35);

    /// <summary>Of two samples; null if they are too small, or not of one width.</summary>
    public static Gap? Of(Tensor? images, Tensor? texts)
    {
        if (images is null || texts is null || images.Width != texts.Width || Math.Min(images.Rows, texts.Rows) < FewestRows) return null;
        double bandwidth;
        try
        {
            bandwidth = Rule.Resolve(images, texts);
        }
        catch (InputException)
        {
            // All rows of a kind are the same: there is no distance to measure by.
            return null;
        }

        var distance = new double[images.Width];
        Add(images, 1.0 / images.Rows);
        Add(texts, -1.0 / texts.Rows);
        double divergence = CauchySchwarzDivergence.Value(images, texts, bandwidth, offDiagonal: true);
        return double.IsFinite(divergence) ? new Gap(divergence, Math.Sqrt(distance.Sum(d => d * d))) : null;

        void Add(Tensor rows, double weight)
        {
            for (int r = 0; r < rows.Rows; r++)
                for (int d = 0; d < distance.Length; d++) distance[d] += weight * rows.Span[(r * distance.Length) + d];
        }
    }
}
