using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>Explains the terms of the report, and how the numbers can mislead.</summary>
internal static class GlossarySection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        using (page.Open("section", ("id", "reading")))
        {
            page.Element("h2", "How to read this");
            using (page.Open("dl", ("class", "reading")))
            {
                WriteTerm(page, "D_CS",
                    "The Cauchy-Schwarz divergence between the cloud of images and the cloud of texts. Zero means that the two clouds have "
                        + "the same distribution. It ignores pairs, so read it together with recall.");
                WriteTerm(page, "σ, the bandwidth",
                    "The reach of a point's influence. D_CS grows as σ shrinks, so a value without its σ means nothing. Here σ follows "
                        + $"the spread of the data ({content.BandwidthRule}: that factor times the median distance within the "
                        + "modalities), because at a fixed σ a method could look good by squeezing everything into a small cone.");
                WriteTerm(page, "Off-diagonal",
                    "Each point's similarity to itself is excluded from the sums. With it, a small sample would give a value above zero "
                        + "(a floor) even for equal distributions; without it the floor is about zero, and small values may be "
                        + "slightly negative.");
                WriteTerm(page, "R@1, R@10",
                    "The share of queries whose right answer comes first, or among the first ten, when all the items of the test set are "
                        + "candidates. Higher is better. Ties go to the lower row.");
                WriteTerm(page, "R@10 in one index",
                    "The same where pictures and texts lie in one index and each query searches both: its partner of the other kind "
                        + "competes with everything of its own kind. The wider the gap between the clouds, the more rarely it is among "
                        + "the first ten.");
                if (content.Measurements.Any(cell => double.IsFinite(cell.SeenNamesRecall10 + cell.UnseenNamesRecall10)))
                    WriteTerm(page, "Seen and unseen names",
                        "R@10, text to image, for names that the encoder saw in its own training with other icons, and for names that "
                            + "it never saw. In both cases the candidates are all items of the test set.");
                WriteTerm(page, "Uniformity",
                    "How evenly a modality fills the sphere; lower is more spread out. A method that closes the gap by collapsing "
                        + "everything shows here as a value near zero, and its recall drops.");
                WriteTerm(page, "Centroid gap",
                    "The distance between the mean of the images and the mean of the texts. Subtracting each modality's mean removes "
                        + "most of "
                        + "it, but leaves the distributions unequal: the gap is more than its centroids.");
                if (content.Gaps.Count > 0)
                    WriteTerm(page, "Centroid and distribution part",
                        "The centroid part is the drop of off-diagonal D_CS when each modality's mean is subtracted (and rows are "
                            + "scaled to "
                            + "length 1 again); the distribution part is the rest, at its own σ by the same rule. Fréchet² splits "
                            + "exactly into the squared distance of the means and the difference of the covariances.");
                if (content.Gaps.Count > 0)
                    WriteTerm(page, "Separability",
                        "The share of held-out rows whose modality a plane predicts correctly, after training on the other half: 100% "
                            + "is a gap "
                            + "that any linear layer sees, 50% is a gap that none can see. Chance alone moves it a point or two around "
                            + "50.");
                WriteTerm(page, "A good result",
                    "A low off-diagonal D_CS, with uniformity close to that of mean-shift, and without a loss of recall.");
            }
        }

        if (content.Notes.Count == 0)
            return;
        using (page.Open("footer"))
        {
            foreach (string note in content.Notes)
                page.ElementWithSubscripts("p", note);
        }
    }

    private static void WriteTerm(HtmlWriter page, string term, string meaning)
    {
        using (page.Open("div"))
        {
            page.ElementWithSubscripts("dt", term);
            page.ElementWithSubscripts("dd", meaning);
        }
    }
}
