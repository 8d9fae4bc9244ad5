using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Tensors.Formats;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Pages;

/// <summary>The map before and after as one self-contained SVG file, for a README; it follows the reader's colour scheme.</summary>
internal static class MapPicture
{
    private const double Gap = 24;
    private const double Top = 34;
    private const double Bottom = 30;

    public const string Style = """
        text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1d1c1a; }
        .name { font-weight: 600; font-size: 15px; } .soft { fill: #67635c; }
        .pane { fill: #ffffff; stroke: #dcd7cd; } .link { fill: none; stroke: #1d1c1a; stroke-width: 0.8; stroke-opacity: 0.6; }
        .dots { fill: none; stroke-width: 3.4; stroke-linecap: round; stroke-opacity: 0.55; }
        .linked { stroke-width: 5; stroke-opacity: 1; }
        .image { stroke: #2f62d9; } .text { stroke: #dd6b13; }
        @media (prefers-color-scheme: dark) {
          text { fill: #ebe8e1; } .soft { fill: #a8a298; } .pane { fill: #1d1c19; stroke: #45413a; } .link { stroke: #ebe8e1; }
          .image { stroke: #7ea4ff; } .text { stroke: #f59a52; }
        }
        """;

    /// <summary>Draws both maps on one scale, each under its name and what was measured of it.</summary>
    public static string Write(EmbeddingMap before, string measuredBefore, EmbeddingMap after, string measuredAfter)
    {
        const double Width = (2 * ScatterChart.Width) + Gap;
        const double Height = Top + ScatterChart.Height + Bottom;
        string title = $"Images and texts in two dimensions: {before.Method} ({measuredBefore}), then {after.Method} ({measuredAfter}).";
        var page = new HtmlWriter();
        using (page.Open(
            "svg", ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", $"0 0 {Coordinate(Width)} {Coordinate(Height)}"),
            ("width", Coordinate(Width)), ("height", Coordinate(Height)), ("role", "img"), ("aria-label", title)))
        {
            page.Verbatim(WrittenBy.Comment);
            page.Element("title", title);
            using (page.Open("style"))
                page.Verbatim(Style);
            (double X, double Y) reach = ScatterChart.ReachOf([before, after]);
            DrawMap(page, before, measuredBefore, reach, 0);
            DrawMap(page, after, measuredAfter, reach, ScatterChart.Width + Gap);
            DrawLegend(page, Top + ScatterChart.Height + 21);
        }

        return page.ToString() + "\n";
    }

    private static void DrawMap(HtmlWriter page, EmbeddingMap map, string measured, (double X, double Y) reach, double left)
    {
        Axes.DrawText(page, "name", map.Method, left + 2, Top - 12, "start");
        Axes.DrawText(page, "soft", measured, left + ScatterChart.Width - 2, Top - 12, "end");
        ScatterChart.Draw(page, map, reach, left, Top);
    }

    private static void DrawLegend(HtmlWriter page, double y)
    {
        page.Empty("path", ("class", "dots linked image"), ("d", $"M8 {Coordinate(y - 5)}h0"));
        Axes.DrawText(page, "soft", "images", 18, y, "start");
        page.Empty("path", ("class", "dots linked text"), ("d", $"M88 {Coordinate(y - 5)}h0"));
        Axes.DrawText(page, "soft", "texts", 98, y, "start");
        Axes.DrawLine(page, "link", 154, y - 5, 176, y - 5);
        Axes.DrawText(page, "soft", "a pair", 183, y, "start");
    }
}
