using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>One query in one index of pictures and words, before and after.</summary>
internal static class IndexSection
{
    /// <summary>What the picture shows, in words.</summary>
    public static string Describe(IndexQuery query) =>
        $"The first hits for “{query.Text}” among all pictures and names of {query.TestSet}, the query itself left out: {query.Before}, "
            + $"then {query.After}. The query's own picture is framed.";

    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.IndexQuery is not { } query) return;
        using (page.Open("section", ("id", "index")))
        {
            page.Element("h2", "One index of pictures and words");
            page.Element("p", Describe(query), ("class", "note"));
            using (Axes.OpenDrawing(page, HitChart.Width, HitChart.Height, Describe(query))) HitChart.Draw(page, query, 0);
        }

        page.Line();
    }
}
