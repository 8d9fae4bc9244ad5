using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Sections;

/// <summary>Queries with the icons found before and after.</summary>
internal static class QuerySection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.Queries.Count == 0)
            return;
        using (page.Open("section", ("id", "queries")))
        {
            page.Element("h2", "What a search finds");
            page.Element("p",
                "Held-out names as queries, and the first icons found for each, best first. The right icon is framed; the number on the "
                    + "right is "
                    + "its rank among all icons.", ("class", "note"));
            using (page.Open("div", ("class", "grid queries")))
            {
                foreach (QueryComparison query in content.Queries)
                    WriteQuery(page, content, query);
            }
        }

        page.Line();
    }

    private static void WriteQuery(HtmlWriter page, ReportContent content, QueryComparison query)
    {
        using (page.Open("article"))
        {
            using (page.Open("h3"))
            {
                page.Element("bdi", query.Text);
                page.Text(" ");
                page.Element("small", query.TestSet);
            }

            WriteFound(page, content.Before, query.Before);
            WriteFound(page, content.After, query.After);
        }
    }

    private static void WriteFound(HtmlWriter page, string method, FoundIcons found)
    {
        using (page.Open("div", ("class", "found")))
        {
            using (page.Open("p"))
            {
                page.Element("span", method);
                page.Element("span", "rank " + Count(found.RankOfRight), ("class", found.RankOfRight == 1 ? "rank first" : "rank"));
            }

            using (page.Open("ol"))
            {
                foreach (FoundIcon icon in found.Icons)
                {
                    using (page.Open("li", ("class", icon.IsRight ? "right" : null)))
                    {
                        page.Empty(
                            "img", ("src", "data:image/png;base64," + Convert.ToBase64String(icon.Png)), ("width", "44"), ("height", "44"),
                            ("alt", icon.IsRight ? icon.Name + " (the right one)" : icon.Name), ("title", icon.Name));
                    }
                }
            }
        }
    }
}
