using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>Training curves, one chart to a quantity.</summary>
internal static class CurveSection
{
    public static void Write(HtmlWriter page, ReportContent content, Results results)
    {
        if (content.Curves.Count == 0)
            return;
        string[] methods = [.. results.Methods.Concat(content.Curves.Select(curve => curve.Method)).Distinct(StringComparer.Ordinal)];
        string StyleOf(string method) => "m" + (Array.IndexOf(methods, method) % 6) + (method == content.After ? " after" : "");
        using (page.Open("section", ("id", "training")))
        {
            page.Element("h2", "Training");
            page.Element("p", content.Options is null
                ? "Each trained method by epoch. A method keeps the epoch that was best on the validation split."
                : "Each run by epoch. Losses of different objectives are not comparable; measures on the held-out "
                    + "pairs are.", ("class", "note"));
            using (page.Open("div", ("class", "grid two")))
            {
                foreach (IGrouping<string, TrainingCurve> chart in content.Curves.GroupBy(curve => curve.Quantity))
                {
                    using (page.Open("figure"))
                    {
                        using (page.Open("figcaption"))
                            page.ElementWithSubscripts("b", chart.Key);
                        LineChart.Draw(page, chart.Key, [.. chart], StyleOf);
                    }
                }
            }
        }

        page.Line();
    }
}
