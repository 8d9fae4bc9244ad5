using System.Text;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Reports.Sections;
using CsAligner.Tensors.Formats;

namespace CsAligner.Reports.Pages;

/// <summary>
/// The report as one HTML file that needs nothing beside it: no script, no font, no picture from elsewhere. The same
/// content gives the same bytes. It is well-formed XML too, which is how tests read it.
/// </summary>
internal static class ReportPage
{
    /// <summary>The whole page.</summary>
    public static string Write(ReportContent content)
    {
        var page = new HtmlWriter();
        page.Verbatim("<!DOCTYPE html>\n");
        using (page.Open("html", ("lang", "en")))
        {
            WriteHead(page, content.Title);
            page.Line();
            using (page.Open("body"))
            using (page.Open("main"))
            {
                var results = new Results(content.Measurements);
                HeaderSection.Write(page, content, results);
                IndexSection.Write(page, content);
                OptionSection.Write(page, content);
                ResultsSection.Write(page, content, results);
                MapSection.Write(page, content, results);
                GapSection.Write(page, content);
                CosineSection.Write(page, content);
                DistanceSection.Write(page, content);
                QuerySection.Write(page, content);
                CurveSection.Write(page, content, results);
                ChoiceSection.Write(page, content);
                GlossarySection.Write(page, content);
            }
        }

        page.Line();
        return page.ToString();
    }

    private static void WriteHead(HtmlWriter page, string title)
    {
        using (page.Open("head"))
        {
            page.Empty("meta", ("charset", "utf-8"));
            page.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
            page.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
            page.Empty("meta", ("name", "generator"), ("content", WrittenBy.Program));
            page.Element("title", title);
            using (page.Open("style"))
                page.Verbatim(ReadStyle());
        }
    }

    private static string ReadStyle()
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream("CsAligner.Reports.report.css")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
