using System.Text;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Charts;

/// <summary>
/// Two clouds of points on one scale for both axes. The axes have no ticks: what a map tells is distance and
/// overlap, and maps that stand side by side share their scale.
/// </summary>
internal static class ScatterChart
{
    /// <summary>Width of the drawing.</summary>
    public const double Width = 372;

    /// <summary>Height of the drawing.</summary>
    public const double Height = 300;

    private const double Margin = 10;

    /// <summary>Half the range that shows every point of all the maps.</summary>
    public static (double X, double Y) ReachOf(IEnumerable<EmbeddingMap> maps)
    {
        (double x, double y) = (1e-9, 1e-9);
        foreach (float[] points in maps.SelectMany(map => new[] { map.Images, map.Texts }))
        {
            for (int i = 0; i + 1 < points.Length; i += 2)
            {
                x = Math.Max(x, double.IsFinite(points[i]) ? Math.Abs(points[i]) : 0);
                y = Math.Max(y, double.IsFinite(points[i + 1]) ? Math.Abs(points[i + 1]) : 0);
            }
        }

        return (x, y);
    }

    /// <summary>Draws one map, into the page or at an offset into a drawing that is open.</summary>
    public static void Draw(HtmlWriter page, EmbeddingMap map, (double X, double Y) reach, double left = 0, double top = 0)
    {
        // One unit is as long across as it is up.
        double unit = Math.Min(((Width / 2) - Margin) / reach.X, ((Height / 2) - Margin) / reach.Y);
        (double, double) At(float[] points, int i) =>
            (left + (Width / 2) + (points[2 * i] * unit), top + (Height / 2) - (points[(2 * i) + 1] * unit));

        page.Empty(
            "rect", ("class", "pane"), ("x", Coordinate(left + 0.5)), ("y", Coordinate(top + 0.5)),
            ("width", Coordinate(Width - 1)), ("height", Coordinate(Height - 1)), ("rx", "8"));
        page.Empty("path", ("class", "dots image"), ("d", Dots(map.Images, map.Images.Length / 2, At)));
        page.Empty("path", ("class", "dots text"), ("d", Dots(map.Texts, map.Texts.Length / 2, At)));
        if (map.Links == 0)
            return;
        var links = new StringBuilder();
        for (int i = 0; i < map.Links; i++)
        {
            ((double x1, double y1), (double x2, double y2)) = (At(map.Images, i), At(map.Texts, i));
            if (!double.IsFinite(x1 + y1 + x2 + y2))
                continue;
            links.Append('M').Append(Coordinate(x1)).Append(' ').Append(Coordinate(y1))
                .Append('L').Append(Coordinate(x2)).Append(' ').Append(Coordinate(y2));
        }

        page.Empty("path", ("class", "link"), ("d", links.ToString()));
        page.Empty("path", ("class", "dots image linked"), ("d", Dots(map.Images, map.Links, At)));
        page.Empty("path", ("class", "dots text linked"), ("d", Dots(map.Texts, map.Links, At)));
    }

    /// <summary>All points as one path of strokes without length, which round caps turn into dots:
    /// a tenth of the bytes of circles.</summary>
    private static string Dots(float[] points, int count, Func<float[], int, (double X, double Y)> at)
    {
        var path = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            (double x, double y) = at(points, i);
            if (double.IsFinite(x) && double.IsFinite(y))
                path.Append('M').Append(Coordinate(x)).Append(' ').Append(Coordinate(y)).Append("h0");
        }

        return path.ToString();
    }
}
