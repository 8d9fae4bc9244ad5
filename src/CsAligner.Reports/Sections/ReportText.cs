using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>Our own sentences, with the divergence set as in print: a D with CS below the line.</summary>
internal static class ReportText
{
    private const string Divergence = "D_CS";

    /// <summary>Writes a text, every D_CS in it with a real subscript.</summary>
    public static void TextWithSubscripts(this HtmlWriter page, string text)
    {
        int from = 0;
        for (int at =
            text.IndexOf(Divergence, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Divergence, from, StringComparison.Ordinal))
        {
            page.Text(text[from..at] + "D");
            page.Element("sub", "CS");
            from = at + Divergence.Length;
        }

        page.Text(text[from..]);
    }

    /// <summary>An element with one such text in it.</summary>
    public static void ElementWithSubscripts(this HtmlWriter page, string element, string text,
        params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        using (page.Open(element, attributes))
            page.TextWithSubscripts(text);
    }
}
