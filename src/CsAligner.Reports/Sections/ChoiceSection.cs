using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>The measurements of the automatic choice of sigma and lambda.</summary>
internal static class ChoiceSection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.Choices.Count == 0)
            return;
        using (page.Open("section", ("id", "choice")))
        {
            page.Element("h2", "How σ and λ were chosen");
            page.ElementWithSubscripts("p",
                "Each cell is a short training run, measured on the held-out pairs. The lowest D_CS is framed; the chosen cell must also "
                    + "keep recall, so it can be another one.", ("class", "note"));
            using (page.Open("div", ("class", "grid two")))
            {
                foreach (HeatMap map in content.Choices)
                {
                    using (page.Open("figure"))
                    {
                        using (page.Open("figcaption"))
                            page.ElementWithSubscripts("b", map.Quantity);
                        HeatMapChart.Draw(page, map);
                    }
                }
            }
        }

        page.Line();
    }
}
