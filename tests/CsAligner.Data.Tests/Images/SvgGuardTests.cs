using System.Text;
using CsAligner.Data.Images;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Images;

public class SvgGuardTests
{
    private const string Open =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"10\" height=\"10\">";

    [Fact]
    public void A_plain_picture_passes_with_the_size_that_was_asked_for()
    {
        string text = Check(Open + "<defs><path id=\"p\" d=\"M0 0h5v5z\"/></defs><use href=\"#p\"/></svg>");
        Assert.Contains("width=\"64\" height=\"64\"", text, StringComparison.Ordinal);
        Assert.Contains("viewBox=\"0 0 10 10\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("width=\"72pt\" height=\"2.54cm\"", "0 0 96 96")]
    [InlineData("width=\"1in\" height=\" 25.4MM \"", "0 0 96 96")]
    [InlineData("width=\"2pc\" height=\"16px\"", "0 0 32 16")]
    [InlineData("width=\"10\" height=\"20\"", "0 0 10 20")]
    public void Lengths_in_units_of_paper_are_pixels_of_css(string size, string box) =>
        Assert.Contains($"viewBox=\"{box}\"",
            Check($"<svg xmlns=\"http://www.w3.org/2000/svg\" {size}><rect width=\"5\" height=\"5\"/></svg>"), StringComparison.Ordinal);

    [Theory]
    [InlineData("width=\"100%\" height=\"100%\"")]
    [InlineData("width=\"3em\" height=\"1\"")]
    [InlineData("width=\"mm\" height=\"1mm\"")]
    [InlineData("width=\"1e308in\" height=\"1\"")]
    public void Lengths_that_depend_on_the_page_do_not_make_a_box(string size) =>
        Refuses($"<svg xmlns=\"http://www.w3.org/2000/svg\" {size}><rect/></svg>", "neither a viewBox");

    [Fact]
    public void A_doctype_without_entities_is_dropped()
    {
        string text =
            Check("<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
                + "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">" + Open + "<rect width=\"5\" height=\"5\"/></svg>");
        Assert.DoesNotContain("DOCTYPE", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Entities_that_laugh_a_billion_times_are_refused()
    {
        var text = new StringBuilder("<!DOCTYPE svg [<!ENTITY a \"ha\">");
        for (char c = 'b'; c <= 'k'; c++)
            text.Append($"<!ENTITY {c} \"{string.Concat(Enumerable.Repeat($"&{(char)(c - 1)};", 10))}\">");
        Refuses(text + "]>" + Open + "<text>&k;</text></svg>", "not well-formed, self-contained XML");
    }

    [Fact]
    public void A_file_of_the_machine_is_not_read_through_an_entity() =>
        Refuses("<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" + Open + "<text>&a;</text></svg>", "self-contained XML");

    [Fact]
    public void Deep_nesting_is_refused() =>
        Refuses(Open + string.Concat(Enumerable.Repeat("<g>", 100_000)) + string.Concat(Enumerable.Repeat("</g>", 100_000)) + "</svg>",
            "nested more than 100 deep");

    [Fact]
    public void Too_many_elements_are_refused() =>
        Refuses(Open + string.Concat(Enumerable.Repeat("<rect/>", SvgGuard.MaxElements + 1)) + "</svg>", "more than 20000 elements");

    [Fact]
    public void A_use_of_itself_is_refused() =>
        Refuses(Open + "<g id=\"a\"><use href=\"#b\"/></g><g id=\"b\"><use xlink:href=\"#a\"/></g></svg>", "refers to itself");

    [Theory]
    [InlineData("<use href=\"#l{0}\"/><use href=\"#l{0}\"/>")]
    [InlineData("<rect fill=\"url(#l{0})\"/><rect mask=\"url('#l{0}')\"/>")]
    [InlineData("<rect style=\"fill:url( #l{0} );clip-path:url(#l{0})\"/>")]
    public void References_that_multiply_are_refused(string twice)
    {
        var text = new StringBuilder(Open);
        text.Append("<g id=\"l0\"><rect width=\"1\" height=\"1\"/></g>");
        for (int level = 1; level < 40; level++)
            text.Append($"<g id=\"l{level}\">{string.Format(System.Globalization.CultureInfo.InvariantCulture, twice, level - 1)}</g>");
        Refuses(text + "</svg>", "references multiply");
    }

    [Theory]
    [InlineData("width=\"100000\" height=\"100000\"")]
    [InlineData("width=\"100000px\" height=\"1e5\" viewBox=\"0 0 10 10\"")]
    [InlineData("width=\"1e300\" height=\"1e300\"")]
    public void A_huge_declared_size_is_refused(string size) =>
        Refuses($"<svg xmlns=\"http://www.w3.org/2000/svg\" {size}><rect/></svg>", "the limit is 268402689");

    [Fact]
    public void A_giant_text_is_refused() => Refuses(Open + $"<text>{new string('x', 30_000)}</text></svg>", "20000 characters of text");

    [Theory]
    [InlineData("<image href=\"data:image/png;base64,AAAA\"/>")]
    [InlineData("<foreignObject/>")]
    [InlineData("<script>1</script>")]
    public void What_is_not_a_shape_is_refused(string element) => Refuses(Open + element + "</svg>", "only vector shapes");

    [Theory]
    [InlineData("", "well-formed")]
    [InlineData("not xml", "well-formed")]
    [InlineData("<html/>", "its root is <html>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "neither a viewBox")]
    public void What_is_no_picture_is_refused(string text, string expected) => Refuses(text, expected);

    private static string Check(string svg) => Encoding.UTF8.GetString(SvgGuard.Check(Encoding.UTF8.GetBytes(svg), 64));

    private static void Refuses(string svg, string expected)
    {
        var failure = Assert.Throws<InputException>(() => Check(svg));
        Assert.Contains("refused to render the SVG", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }
}
