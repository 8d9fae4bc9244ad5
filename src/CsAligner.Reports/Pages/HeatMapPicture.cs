using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Tensors.Formats;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Pages;

/// <summary>Heat maps, one under the other, as one SVG file that stands alone; it follows the reader's colour scheme.</summary>
internal static class HeatMapPicture
{
    private const double Heading = 30;
    private const double Gap = 18;

    private const string Style = """
        text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #67635c; }
        .title { font-size: 15px; font-weight: 600; fill: #1d1c1a; } .heading { fill: #1d1c1a; }
        .value.first { font-weight: 700; } .best { fill: none; stroke: #1d1c1a; stroke-width: 2.5; } .unknown { fill: #ece9e2; }
        @media (prefers-color-scheme: dark) {
          text { fill: #a8a298; } .title, .heading { fill: #ebe8e1; } .best { stroke: #ffffff; } .unknown { fill: #2b2925; }
        }
        """;

    /// <summary>The whole file.</summary>
    public static string Write(params IReadOnlyList<HeatMap> maps)
    {
        double width = maps.Max(map => HeatMapChart.SizeOf(map).Width),
            height = maps.Sum(map => Heading + HeatMapChart.SizeOf(map).Height) + (Gap * (maps.Count - 1));
        string title = string.Join(" ", maps.Select(HeatMapChart.TitleOf));
        var page = new HtmlWriter();
        using (page.Open(
            "svg", ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", $"0 0 {Coordinate(width)} {Coordinate(height)}"),
            ("width", Coordinate(width)), ("height", Coordinate(height)), ("role", "img"), ("aria-label", title)))
        {
            page.Verbatim(WrittenBy.Comment);
            page.Element("title", title);
            using (page.Open("style"))
                page.Verbatim(Style);
            double top = 0;
            foreach (HeatMap map in maps)
            {
                Axes.DrawText(page, "title", map.Quantity, 10, top + 20, "start");
                using (page.Open("g", ("transform", $"translate(0 {Coordinate(top + Heading)})")))
                    HeatMapChart.DrawContent(page, map);
                top += Heading + HeatMapChart.SizeOf(map).Height + Gap;
            }
        }

        return page.ToString() + "\n";
    }
}
