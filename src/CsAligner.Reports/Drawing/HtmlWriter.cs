using System.Text;

namespace CsAligner.Reports.Drawing;

/// <summary>
/// Writes HTML that is well-formed XML too. The one place that escapes: text and attribute values may hold anything.
/// Elements are closed by disposing their scope, so they nest by construction.
/// </summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Begins an element; an attribute whose value is null is left out. Dispose the scope to end it.</summary>
    public Scope Open(string element, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Begin(element, attributes);
        _text.Append('>');
        return new Scope(this, element);
    }

    /// <summary>An element without content: void in HTML (meta, img) or of SVG.</summary>
    public void Empty(string element, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Begin(element, attributes);
        _text.Append("/>");
    }

    /// <summary>An element with nothing but text in it.</summary>
    public void Element(string element, string text, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        using (Open(element, attributes))
            Text(text);
    }

    /// <summary>Text, escaped.</summary>
    public void Text(string text) => Escape(text);

    /// <summary>A line break in the file, for those who read it.</summary>
    public void Line() => _text.Append('\n');

    /// <summary>The document type and style sheets: our own text, which needs no escaping.</summary>
    public void Verbatim(string text) => _text.Append(text);

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Begin(string element, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        _text.Append('<').Append(element);
        foreach ((string name, string? value) in attributes)
        {
            if (value is null)
                continue;
            _text.Append(' ').Append(name).Append("=\"");
            Escape(value);
            _text.Append('"');
        }
    }

    private void Escape(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '&': _text.Append("&amp;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                // XML 1.0 has no place for these, escaped or not; lone surrogates are U+FFFD already.
                case < 0x20 and not ('\t' or '\n' or '\r'):
                case >= 0x7F and < 0xA0:
                case 0xFFFE or 0xFFFF: _text.Append('\uFFFD'); break;
                default: _text.Append(rune.ToString()); break;
            }
        }
    }

    /// <summary>An open element.</summary>
    internal readonly ref struct Scope(HtmlWriter owner, string element)
    {
        /// <summary>Ends the element.</summary>
        public void Dispose() => owner._text.Append("</").Append(element).Append('>');
    }
}
