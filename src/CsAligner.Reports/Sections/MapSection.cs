using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Sections;

/// <summary>The maps of both modalities, one to a method, on one scale.</summary>
internal static class MapSection
{
    public static void Write(HtmlWriter page, ReportContent content, Results results)
    {
        if (content.Maps.Count == 0)
            return;
        using (page.Open("section", ("id", "maps")))
        {
            page.Element("h2", "Maps of images and texts");
            using (page.Open("p", ("class", "note")))
            {
                page.Text(content.HeldOut ? "Held-out pairs of " : "Pairs of ");
                page.Element("bdi", content.PicturedSet);
                page.Text(". Horizontal: the line through the means of both modalities; vertical: the direction with the "
                    + "largest remaining variance, computed for each method. All maps have the same scale. Lines join some pairs.");
            }

            WriteLegend(page);
            (double X, double Y) reach = ScatterChart.ReachOf(content.Maps);
            using (page.Open("div", ("class", "grid two")))
            {
                foreach (EmbeddingMap map in content.Maps)
                    WriteMap(page, content, results, map, reach);
            }

            WriteNeighbours(page, content, results);
        }

        page.Line();
    }

    private static void WriteNeighbours(HtmlWriter page, ReportContent content, Results results)
    {
        if (content.NeighbourMaps.Count == 0)
            return;
        page.Element("h3", "By neighbourhood (t-SNE)", ("class", "below"));
        page.Element("p",
            "The same rows, laid out so that near rows stay near. The map shows which rows mix; distances between groups, their sizes "
                + "and directions have no meaning. Each map has its own scale.", ("class", "note"));
        using (page.Open("div", ("class", "grid two")))
        {
            foreach (EmbeddingMap map in content.NeighbourMaps)
                WriteMap(page, content, results, map, ScatterChart.ReachOf([map]));
        }
    }

    private static void WriteLegend(HtmlWriter page)
    {
        using (page.Open("ul", ("class", "legend")))
        {
            foreach ((string style, string name) in new[] { ("image", "images"), ("text", "texts"), ("linked", "a pair") })
            {
                using (page.Open("li"))
                {
                    page.Element("span", "", ("class", "key " + style), ("aria-hidden", "true"));
                    page.Text(name);
                }
            }
        }
    }

    private static void WriteMap(HtmlWriter page, ReportContent content, Results results, EmbeddingMap map, (double X, double Y) reach)
    {
        double divergence = results.Of(map.Method, content.PicturedSet, cell => cell.Divergence).Mean;
        double gap = results.Of(map.Method, content.PicturedSet, cell => cell.CentroidGap).Mean;
        string measured = double.IsFinite(divergence) ? $"D_CS {Fixed(divergence, 2)} · centroid gap {Fixed(gap, 2)}" : "";
        using (page.Open("figure", ("class", map.Method == content.After ? "after" : null)))
        {
            using (page.Open("figcaption"))
            {
                page.Element("b", map.Method);
                page.ElementWithSubscripts("span", measured);
            }

            using (Axes.OpenDrawing(page, ScatterChart.Width, ScatterChart.Height,
                $"{map.Method}: map of {map.Images.Length / 2} images and {map.Texts.Length / 2} texts. {measured}"))
                ScatterChart.Draw(page, map, reach);
        }
    }
}
