using System.Text;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Charts;

/// <summary>Two overlaid histograms, each a density, with their means marked.</summary>
internal sealed class HistogramChart
{
    private const double Width = 372;
    private const double Height = 210;
    private const int Bins = 56;

    private static readonly PlotArea s_area = new(14, 30, Width - 14, Height - 36);

    private readonly LinearScale _across;
    private readonly LinearScale _up;

    /// <summary>Scales that hold all the samples, so that charts side by side can be compared.</summary>
    public HistogramChart(IReadOnlyList<CosineSample> samples)
    {
        _across = LinearScale.Around(samples.SelectMany(sample => sample.Pairs.Concat(sample.Others)).Select(value => (double)value),
            s_area.Left, s_area.Right);
        double highest = samples.SelectMany(sample => new[] { Densities(sample.Pairs).Max(), Densities(sample.Others).Max() })
            .Append(1e-9).Max();
        _up = new LinearScale(0, highest, s_area.Bottom, s_area.Top);
    }

    /// <summary>Draws one sample.</summary>
    public void Draw(HtmlWriter page, CosineSample sample)
    {
        (double pairs, double others) = (Mean(sample.Pairs), Mean(sample.Others));
        string title = $"{sample.Method}: histogram of cosines; pairs have a mean of {Fixed(pairs, 2)}, non-pairs of {Fixed(others, 2)}.";
        using (Axes.OpenDrawing(page, Width, Height, title))
        {
            page.Empty("path", ("class", "others"), ("d", Outline(sample.Others)));
            page.Empty("path", ("class", "pairs"), ("d", Outline(sample.Pairs)));
            Axes.DrawHorizontal(page, _across, s_area, "cosine of image and text");
            bool pairsRight = pairs >= others;
            DrawMean(page, "others", "non-pairs", others, pairsRight ? "end" : "start");
            DrawMean(page, "pairs", "pairs", pairs, pairsRight ? "start" : "end");
        }
    }

    private void DrawMean(HtmlWriter page, string style, string name, double mean, string anchor)
    {
        if (!double.IsFinite(mean))
            return;
        double x = _across.At(mean);
        Axes.DrawLine(page, "mean " + style, x, s_area.Top - 20, x, s_area.Bottom);

        // A label that would leave the drawing goes to the other side of its line.
        double reach = 6.4 * (name.Length + 5);
        string side = anchor == "end" && x - reach < 0 ? "start" : anchor == "start" && x + reach > Width ? "end" : anchor;
        Axes.DrawText(page, "label " + style, $"{name} {Fixed(mean, 2)}", x + (side == "end" ? -5 : 5), s_area.Top - 12, side);
    }

    private string Outline(float[] values)
    {
        double[] densities = Densities(values);
        double width = (s_area.Right - s_area.Left) / Bins;
        var path = new StringBuilder($"M{Coordinate(s_area.Left)} {Coordinate(s_area.Bottom)}");
        for (int bin = 0; bin < Bins; bin++)
            path.Append('V').Append(Coordinate(_up.At(densities[bin]))).Append('H').Append(Coordinate(s_area.Left + ((bin + 1) * width)));
        return path.Append('V').Append(Coordinate(s_area.Bottom)).Append('Z').ToString();
    }

    private double[] Densities(float[] values)
    {
        var densities = new double[Bins];
        float[] finite = [.. values.Where(float.IsFinite)];
        foreach (float value in finite)
        {
            int bin = (int)((value - _across.Minimum) / (_across.Maximum - _across.Minimum) * Bins);
            densities[Math.Clamp(bin, 0, Bins - 1)] += 1.0 / finite.Length;
        }

        return densities;
    }

    private static double Mean(float[] values) =>
        values.Where(float.IsFinite).Select(value => (double)value).DefaultIfEmpty(double.NaN).Average();
}
