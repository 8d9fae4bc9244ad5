using System.Text;
using CsAligner.Evaluation;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Charts;

/// <summary>Histograms of distances of four kinds as lines over each other, each of the same area.</summary>
internal sealed class DensityChart
{
    private const double Width = 372;
    private const double Height = 200;
    private const int Bins = 64;

    /// <summary>Class and name of each kind, in the order drawn.</summary>
    public static readonly IReadOnlyList<(string Style, string Name, Func<PairDistances, float[]> Values)> Kinds =
    [
        ("matched", "an image and its own text", distances => distances.Matched),
        ("strangers", "an image and another's text", distances => distances.Others),
        ("images", "two images", distances => distances.WithinImages),
        ("texts", "two texts", distances => distances.WithinTexts),
    ];

    private static readonly PlotArea s_area = new(14, 12, Width - 14, Height - 36);

    private readonly LinearScale _across;
    private readonly LinearScale _up;

    /// <summary>Scales that hold all of them, so that charts side by side can be compared.</summary>
    public DensityChart(IReadOnlyList<PairDistances> all)
    {
        double farthest = all.SelectMany(one => Kinds.SelectMany(kind => kind.Values(one))).Where(float.IsFinite)
            .Select(value => (double)value).DefaultIfEmpty(1).Max();
        _across = LinearScale.Around([0, farthest], s_area.Left, s_area.Right);
        double highest = all.SelectMany(one => Kinds.Select(kind => Densities(kind.Values(one)).Max())).Append(1e-9).Max();
        _up = new LinearScale(0, highest, s_area.Bottom, s_area.Top);
    }

    /// <summary>Draws one method's.</summary>
    public void Draw(HtmlWriter page, string method, PairDistances distances)
    {
        string means = string.Join(", ", Kinds.Select(kind => $"{kind.Name} {Fixed(Mean(kind.Values(distances)), 2)}"));
        using (Axes.OpenDrawing(page, Width, Height, $"{method}: distances, means: {means}."))
        {
            foreach (var (style, _, values) in Kinds)
                page.Empty("path", ("class", "density " + style), ("d", Outline(values(distances))));
            Axes.DrawHorizontal(page, _across, s_area, "distance");
        }
    }

    private static double Mean(float[] values) =>
        values.Where(float.IsFinite).Select(value => (double)value).DefaultIfEmpty(double.NaN).Average();

    private string Outline(float[] values)
    {
        double[] densities = Densities(values);
        double width = (s_area.Right - s_area.Left) / Bins;
        var path = new StringBuilder();
        for (int bin = 0; bin < Bins; bin++)
            path.Append(bin == 0 ? 'M' : 'L').Append(Coordinate(s_area.Left + ((bin + 0.5) * width))).Append(' ')
                .Append(Coordinate(_up.At(densities[bin])));
        return path.ToString();
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
}
