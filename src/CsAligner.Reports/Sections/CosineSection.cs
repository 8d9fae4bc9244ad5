using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>Histograms of the cosines of pairs and non-pairs.</summary>
internal static class CosineSection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.Cosines.Count == 0)
            return;
        using (page.Open("section", ("id", "cosines")))
        {
            page.Element("h2", "Pairs against strangers");
            using (page.Open("p", ("class", "note")))
            {
                page.Text("Cosines of an image with its own text and with other texts, on ");
                page.Element("bdi", content.PicturedSet);
                page.Text(". All charts share their axes; each histogram has the same area. Search depends on the distance between the "
                    + "two histograms; the "
                    + "gap shows as the distance of pairs from 1.");
            }

            var chart = new HistogramChart(content.Cosines);
            using (page.Open("div", ("class", "grid two")))
            {
                foreach (CosineSample sample in content.Cosines)
                {
                    using (page.Open("figure", ("class", sample.Method == content.After ? "after" : null)))
                    {
                        using (page.Open("figcaption"))
                            page.Element("b", sample.Method);
                        chart.Draw(page, sample);
                    }
                }
            }
        }

        page.Line();
    }
}
