using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using static CsAligner.Reports.Drawing.NumberText;

namespace CsAligner.Reports.Sections;

/// <summary>The gap taken apart: centroid and distribution part, and whether a plane tells the modalities apart.</summary>
internal static class GapSection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.Gaps.Count == 0)
            return;
        using (page.Open("section", ("id", "gap")))
        {
            page.Element("h2", "The gap taken apart");
            using (page.Open("p", ("class", "note")))
            {
                page.TextWithSubscripts(
                    "The part of the gap that subtracting each modality's mean removes (centroid) and the part that stays "
                        + "(distribution), by off-diagonal D_CS and by Fréchet², on ");
                page.Element("bdi", content.PicturedSet);
                page.Text("; and the share of held-out rows that a trained plane assigns to the right modality: 50% is chance. ");
                page.Element("a", "How to read this", ("href", "#reading"));
            }

            using (page.Open("div", ("class", "scroll"), ("role", "region"), ("aria-label", "Table of the gap's parts, scrolls sideways"),
                ("tabindex", "0")))
            using (page.Open("table", ("class", "results")))
            {
                WriteHead(page);
                using (page.Open("tbody"))
                {
                    foreach (GapAnalysis gap in content.Gaps)
                        WriteRow(page, gap, gap.Method == content.After);
                }
            }
        }

        page.Line();
    }

    private static void WriteHead(HtmlWriter page)
    {
        using (page.Open("thead"))
        {
            using (page.Open("tr"))
            {
                page.Element("th", "Method", ("scope", "col"), ("rowspan", "2"), ("class", "method"));
                page.ElementWithSubscripts("th", "D_CS, off-diagonal", ("scope", "colgroup"), ("colspan", "3"));
                page.Element("th", "Fréchet²", ("scope", "colgroup"), ("colspan", "2"));
                page.Element("th", "Separability, %", ("scope", "colgroup"), ("colspan", "2"));
            }

            using (page.Open("tr"))
            {
                foreach (string detail in (string[])["in all", "centroid", "distribution", "means", "covariances", "held out", "training"])
                    page.Element("th", detail, ("scope", "col"), ("class", "detail"));
            }
        }
    }

    private static void WriteRow(HtmlWriter page, GapAnalysis gap, bool after)
    {
        using (page.Open("tr", ("class", after ? "after" : null)))
        {
            page.Element("th", gap.Method, ("scope", "row"), ("class", "method"));
            foreach (double value in (double[])[gap.Split.Divergence, gap.Split.CentroidPart, gap.Split.DivergenceCentred,
                gap.Split.FrechetMeans, gap.Split.FrechetCovariances])
                page.Element("td", Fixed(value, 3));
            page.Element("td", Percent(gap.Separability.Accuracy));
            page.Element("td", Percent(gap.Separability.TrainingAccuracy));
        }
    }
}
