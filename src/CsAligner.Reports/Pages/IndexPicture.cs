using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Reports.Sections;
using CsAligner.Tensors.Formats;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Pages;

/// <summary>A query in one index, before and after, as one self-contained SVG file, for a README.</summary>
internal static class IndexPicture
{
    private const double Top = 34;

    private const string Style = """
        text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1d1c1a; }
        .name { font-weight: 600; font-size: 15px; } .soft { fill: #67635c; } .small { font-size: 11px; }
        .pane { fill: #ffffff; stroke: #dcd7cd; } .words { fill: #fbe9da; stroke: #eec9a5; } .word { font-size: 12px; fill: #1d1c1a; }
        .right { stroke: #2f62d9; stroke-width: 3; }
        @media (prefers-color-scheme: dark) { text { fill: #ebe8e1; } .soft { fill: #a8a298; } .word { fill: #1d1c1a; } }
        """;

    public static string Write(IndexQuery query)
    {
        const double Height = Top + HitChart.Height;
        string title = IndexSection.Describe(query);
        var page = new HtmlWriter();
        using (page.Open(
            "svg", ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", $"0 0 {Coordinate(HitChart.Width)} {Coordinate(Height)}"),
            ("width", Coordinate(HitChart.Width)), ("height", Coordinate(Height)), ("role", "img"), ("aria-label", title)))
        {
            page.Verbatim(WrittenBy.Comment);
            page.Element("title", title);
            using (page.Open("style")) page.Verbatim(Style);
            Axes.DrawText(page, "name", $"Search “{query.Text}” among pictures and words of {query.TestSet}", 2, 20, "start");
            HitChart.Draw(page, query, Top);
        }

        return page.ToString() + "\n";
    }
}
