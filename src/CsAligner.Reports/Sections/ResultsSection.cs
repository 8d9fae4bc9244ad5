using System.Globalization;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Sections;

/// <summary>The main table: methods in rows under each test set, the best value of each column marked.</summary>
internal static class ResultsSection
{
    private static readonly Column[] s_columns =
    [
        new("D_CS", "off-diag.", cell => cell.Divergence, 1, 3, LowerIsBetter: true),
        new("σ", "", cell => cell.Bandwidth, 1, 3, LowerIsBetter: null),
        new("R@1, %", "image → text", cell => cell.ImageToTextRecall1, 100, 1, LowerIsBetter: false),
        new("R@1, %", "text → image", cell => cell.TextToImageRecall1, 100, 1, LowerIsBetter: false),
        new("R@10, %", "image → text", cell => cell.ImageToTextRecall10, 100, 1, LowerIsBetter: false),
        new("R@10, %", "text → image", cell => cell.TextToImageRecall10, 100, 1, LowerIsBetter: false),
        new("R@10 in one index, %", "text asks", cell => cell.MixedTextQueryRecall10, 100, 1, LowerIsBetter: false),
        new("R@10 in one index, %", "image asks", cell => cell.MixedImageQueryRecall10, 100, 1, LowerIsBetter: false),
        new("R@10 by name, %", "seen", cell => cell.SeenNamesRecall10, 100, 1, LowerIsBetter: false),
        new("R@10 by name, %", "unseen", cell => cell.UnseenNamesRecall10, 100, 1, LowerIsBetter: false),
        new("Uniformity", "images", cell => cell.ImageUniformity, 1, 2, LowerIsBetter: true),
        new("Uniformity", "texts", cell => cell.TextUniformity, 1, 2, LowerIsBetter: true),
        new("Centroid", "gap", cell => cell.CentroidGap, 1, 3, LowerIsBetter: true),
    ];

    public static void Write(HtmlWriter page, ReportContent content, Results results)
    {
        if (results.Methods.Count == 0)
            return;
        using (page.Open("section", ("id", "results")))
        {
            page.Element("h2", content.HeldOut ? "Results on held-out data" : "Results");
            string seeds = results.Seeds > 1 ? $" Means of {results.Seeds} seeds; ± is half of the 95% interval, where seeds differ." : "";
            using (page.Open("p", ("class", "note")))
            {
                page.TextWithSubscripts(
                    $"D_CS off-diagonal, at σ by the rule {content.BandwidthRule}. The best value of each column is marked.{seeds} ");
                page.Element("a", "How to read this", ("href", "#reading"));
            }

            using (page.Open("div", ("class", "scroll"), ("role", "region"), ("aria-label", "Table of results, scrolls sideways"),
                ("tabindex", "0")))
            using (page.Open("table", ("class", "results")))
            {
                // A column that nothing was measured for is left out.
                Column[] columns = [.. s_columns.Where(column => content.Measurements.Any(cell => double.IsFinite(column.Quantity(cell))))];
                WriteHead(page, columns);
                foreach (string testSet in results.TestSets)
                    WriteTestSet(page, content, results, testSet, columns);
            }
        }

        page.Line();
    }

    private static void WriteHead(HtmlWriter page, Column[] columns)
    {
        using (page.Open("thead"))
        {
            using (page.Open("tr"))
            {
                page.Element("th", "Method", ("scope", "col"), ("rowspan", "2"), ("class", "method"));
                foreach (IGrouping<string, Column> group in columns.GroupBy(column => column.Title))
                {
                    bool single = group.First().Detail.Length == 0;
                    page.ElementWithSubscripts(
                        "th", group.Key, ("scope", group.Count() > 1 ? "colgroup" : "col"),
                        ("colspan", group.Count() > 1 ? group.Count().ToString(CultureInfo.InvariantCulture) : null),
                        ("rowspan", single ? "2" : null));
                }
            }

            using (page.Open("tr"))
            {
                foreach (Column column in columns.Where(column => column.Detail.Length > 0))
                    page.Element("th", column.Detail, ("scope", "col"), ("class", "detail"));
            }
        }
    }

    private static void WriteTestSet(HtmlWriter page, ReportContent content, Results results, string testSet, Column[] columns)
    {
        double widest = results.Methods.Select(method => results.Of(method, testSet, cell => cell.Divergence).Mean).Where(double.IsFinite)
            .DefaultIfEmpty(1).Max();
        using (page.Open("tbody"))
        {
            using (page.Open("tr", ("class", "set")))
            using (page.Open("th", ("scope", "rowgroup"), ("colspan", (columns.Length + 1).ToString(CultureInfo.InvariantCulture))))
            using (page.Open("span"))
            {
                page.Element("bdi", testSet);
                page.Element("small", $" {Count(results.PairsOf(testSet))} pairs");
            }

            foreach (string method in results.Methods)
            {
                using (page.Open("tr", ("class", method == content.After ? "after" : null)))
                {
                    page.Element("th", method, ("scope", "row"), ("class", "method"));
                    foreach (Column column in columns)
                    {
                        Summary summary = results.Of(method, testSet, column.Quantity);
                        bool isBest = column.LowerIsBetter is { } lower && IsBest(results, testSet, column, summary.Mean, lower);
                        double? bar = column == s_columns[0] && widest > 0 ? Math.Clamp(summary.Mean / widest, 0, 1) : null;
                        WriteCell(page, column, summary, isBest, bar);
                    }
                }
            }
        }
    }

    /// <summary>Whether no method shows a better number: what reads the same on paper is equally good.</summary>
    private static bool IsBest(Results results, string testSet, Column column, double mean, bool lowerIsBetter)
    {
        double[] rounded =
            [.. results.Methods.Select(method => Rounded(results.Of(method, testSet, column.Quantity).Mean)).Where(double.IsFinite)];
        return rounded.Length > 1 && double.IsFinite(mean) && Rounded(mean) == (lowerIsBetter ? rounded.Min() : rounded.Max());

        double Rounded(double value) => Math.Round(value * column.Scale, column.Decimals);
    }

    private static void WriteCell(HtmlWriter page, Column column, Summary summary, bool isBest, double? bar)
    {
        using (page.Open("td", ("class", bar is null ? null : "barred")))
        {
            if (bar is { } share && double.IsFinite(share))
            {
                using (page.Open("span", ("class", "bar"), ("aria-hidden", "true")))
                    page.Element("span", "", ("style", $"width:{(share * 100).ToString("0.#", CultureInfo.InvariantCulture)}%"));
            }

            WriteNumber(page, column, summary, isBest);
        }
    }

    private static void WriteNumber(HtmlWriter page, Column column, Summary summary, bool isBest)
    {
        using (page.Open("span", ("class", "number")))
        {
            string text = Fixed(summary.Mean * column.Scale, column.Decimals);
            if (isBest)
            {
                page.Element("strong", text, ("title", "best of this test set"));
                page.Element("span", " (best)", ("class", "unseen"));
            }
            else
            {
                page.Text(text);
            }

            if (summary.HalfWidth * column.Scale * 2 >= Math.Pow(10, -column.Decimals))
                page.Element("small", " ±" + Fixed(summary.HalfWidth * column.Scale, column.Decimals));
        }
    }

    private sealed record Column(string Title, string Detail, Func<Measurement, double> Quantity, double Scale, int Decimals,
        bool? LowerIsBetter);
}
