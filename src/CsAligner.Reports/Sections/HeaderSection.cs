using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Sections;

/// <summary>The run, and its outcome in four numbers.</summary>
internal static class HeaderSection
{
    public static void Write(HtmlWriter page, ReportContent content, Results results)
    {
        using (page.Open("header"))
        {
            page.Element("p", "CsAligner report", ("class", "overline"));
            page.Element("h1", content.Title);
            page.ElementWithSubscripts("p", content.Summary, ("class", "lead"));
            WriteFigures(page, content, results);
            WriteFacts(page, content.Facts);
        }

        page.Line();
    }

    private static void WriteFigures(HtmlWriter page, ReportContent content, Results results)
    {
        if (!results.Methods.Contains(content.Before) || !results.Methods.Contains(content.After))
            return;
        (double Before, double After) Both(Func<Measurement, double> quantity) =>
            (results.MeanOverSets(content.Before, quantity), results.MeanOverSets(content.After, quantity));

        (double Before, double After) gap = Both(cell => cell.Divergence);
        (double Before, double After) first = Both(cell => (cell.ImageToTextRecall1 + cell.TextToImageRecall1) / 2);
        (double Before, double After) tenth = Both(cell => (cell.ImageToTextRecall10 + cell.TextToImageRecall10) / 2);
        (double Before, double After) spread = Both(cell => (cell.ImageUniformity + cell.TextUniformity) / 2);
        using (page.Open("dl", ("class", "figures")))
        {
            WriteFigure(page, "Distribution gap", Fixed(gap.Before, 2), Fixed(gap.After, 2),
                $"off-diagonal D_CS, {Fixed(gap.After / gap.Before * 100, 0)}% of {content.Before}");
            WriteFigure(page, "Recall at 1", Percent(first.Before) + "%", Percent(first.After) + "%",
                Points(first) + " points, mean of both directions");
            WriteFigure(page, "Recall at 10", Percent(tenth.Before) + "%", Percent(tenth.After) + "%",
                Points(tenth) + " points, mean of both directions");
            WriteFigure(page, "Uniformity", Fixed(spread.Before, 2), Fixed(spread.After, 2),
                "mean of both modalities, lower is more spread out");
        }

        string sets = results.TestSets.Count == 1 ? results.TestSets[0] : $"{results.TestSets.Count} test sets";
        page.Element("p",
            $"{content.Before} → {content.After}, mean over {sets}, "
                + $"{(content.HeldOut ? "on pairs that no training saw" : "on the data given")}.", ("class", "note"));
    }

    private static void WriteFigure(HtmlWriter page, string label, string before, string after, string note)
    {
        using (page.Open("div"))
        {
            page.Element("dt", label);
            using (page.Open("dd"))
            {
                using (page.Open("span", ("class", "change")))
                {
                    page.Element("span", before, ("class", "was"));
                    page.Element("span", " → ", ("class", "arrow"));
                    page.Element("strong", after);
                }

                page.ElementWithSubscripts("span", note, ("class", "note"));
            }
        }
    }

    private static string Points((double Before, double After) recall)
    {
        string points = Fixed((recall.After - recall.Before) * 100, 1);
        return recall.After > recall.Before ? "+" + points : points;
    }

    private static void WriteFacts(HtmlWriter page, IReadOnlyList<ReportFact> facts)
    {
        if (facts.Count == 0)
            return;
        using (page.Open("dl", ("class", "facts")))
        {
            foreach (ReportFact fact in facts)
            {
                using (page.Open("div"))
                {
                    page.Element("dt", fact.Label);
                    page.ElementWithSubscripts("dd", fact.Value);
                }
            }
        }
    }
}
