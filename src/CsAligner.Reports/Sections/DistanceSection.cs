using CsAligner.Reports.Charts;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>Distances within and between the modalities.</summary>
internal static class DistanceSection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.Gaps.Count == 0)
            return;
        using (page.Open("section", ("id", "distances")))
        {
            page.Element("h2", "Distances within and between");
            page.Element("p",
                "If both modalities have the same distribution, an image is as far from other texts as from other images: the dashed "
                    + "curve matches the two others, and only pairs are closer. All charts share their axes.", ("class", "note"));
            using (page.Open("ul", ("class", "legend")))
            {
                foreach (var (style, name, _) in DensityChart.Kinds)
                {
                    using (page.Open("li"))
                    {
                        page.Element("span", "", ("class", "key " + (style is "images" or "texts" ? style[..^1] : style)),
                            ("aria-hidden", "true"));
                        page.Text(name);
                    }
                }
            }

            var chart = new DensityChart([.. content.Gaps.Select(gap => gap.Distances)]);
            using (page.Open("div", ("class", "grid two")))
            {
                foreach (GapAnalysis gap in content.Gaps)
                {
                    using (page.Open("figure", ("class", gap.Method == content.After ? "after" : null)))
                    {
                        using (page.Open("figcaption"))
                            page.Element("b", gap.Method);
                        chart.Draw(page, gap.Method, gap.Distances);
                    }
                }
            }
        }

        page.Line();
    }
}
