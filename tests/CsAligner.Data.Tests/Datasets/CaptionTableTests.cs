using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>Caption lists that are tables with a header.</summary>
public class CaptionTableTests
{
    [Theory]
    // open_clip's default, and as pandas quotes it.
    [InlineData("filepath\ttitle\na.png\tone\nb.png\ttwo\n", "one/two")]
    [InlineData("title\tfilepath\n\"say \"\"one\"\"\"\ta.png\n\"two\tthree\"\tb.png\n", "say \"one\"/two\tthree")]
    [InlineData("filepath\ttitle\na.png\t\"one\ntwo\"\nb.png\tthree\n", "one two/three")]
    // Quotes that are the text's own.
    [InlineData("filepath\ttitle\na.png\t\"one\" it said\nb.png\t\"two\n", "\"one\" it said/\"two")]
    [InlineData("filepath\ttitle\na.png\tthe \"one\"\nb.png\t\"\n", "the \"one\"/\"")]
    // Semicolons, as Excel writes them where the comma is in numbers.
    [InlineData("Image;Caption\na.png;one, two\nb.png;\"three; four\"\n", "one, two/three; four")]
    [InlineData("sep=;\r\nfile;text;x\r\na.png;one;1,5\r\nb.png;two;2\r\n", "one/two")]
    [InlineData("a.png;one, two\nb.png;three\n", "one, two/three")]
    [InlineData("file|n|caption\na.png|0|one|two\nb.png|1|\"three\"\n", "one|two/three")]
    [InlineData("\"id\",\"file_name\",\"caption\"\n\"1\",\"a.png\",\"one\"\n\"2\",\"b.png\",\"two\"\n", "one/two")]
    [InlineData("caption, file\none, a.png\n\"two, three\", b.png\n", "one/two, three")]
    public void Tables_of_any_separator_are_read(string text, string captions)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        folder.Write("b.png", [2]);
        foreach (string name in (string[])["captions.csv", "list.txt"])
        {
            File.WriteAllText(folder[name], text);
            using SampleSource source = Dataset.Open(folder[name]);
            Sample[] samples = [.. source.ReadAll().Select(entry => entry.Load(SampleParts.Image | SampleParts.Captions))];
            Assert.Equal(["a.png", "b.png"], samples.Select(s => s.Key));
            Assert.Equal(captions, string.Join('/', samples.Select(s => string.Join('|', s.Captions))));
        }
    }

    [Theory]
    [InlineData("id;filepath;title\n1;a.png\n",
        "line 2 has 2 fields between semicolons; expected 3, as in the header: 'id', 'filepath', 'title'")]
    [InlineData("filepath\ttitle\na.png\t \n", "line 2 has an empty column 'title'; expected a caption")]
    [InlineData("title,file\nx,\n", "line 2 has an empty column 'file'; expected the path of an image")]
    [InlineData("file|title\nx|y|z\na.png\n", "line 3 has 1 fields between bars; expected 2, as in the header: 'file', 'title'")]
    [InlineData("file,title\na.png,\"open\n", "line 2 has an unclosed quote")]
    public void A_bad_line_names_line_column_and_what_was_expected(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        File.WriteAllText(folder["captions.csv"], text);
        using SampleSource source = Dataset.Open(folder.Path);
        Assert.Contains(expected, WebDatasetTests.Outcome(source.ReadAll().Last()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id,url,caption\n1,x,y\n", "line 1 has the columns 'id', 'url', 'caption' between commas, but none for the image; expected "
        + "one of image, image_path,")]
    [InlineData("filepath\tlabel\na.png\tx\n", "line 1 has the columns 'filepath', 'label' between tabs, but none for the caption; "
        + "expected one of caption, captions,")]
    [InlineData("picture;caption\na.png;x\n", "'picture', 'caption' between semicolons, but none for the image")]
    [InlineData("a;b;c\n", "neither for the image nor for the caption; expected one of image")]
    [InlineData("sep=:\na:b\n", "line 1 says that ':' separates its columns; expected a tab, a bar, a semicolon or a comma")]
    [InlineData("sep=;\n", "it has no line after the one that states the separator")]
    public void A_header_without_a_column_is_an_error_that_names_the_columns(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["captions.csv"], text);
        string message = Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message;
        Assert.Contains($"cannot read '{folder["captions.csv"]}'", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_not_utf_8_within_quotes_is_not_left_out_in_silence()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        folder.Write("captions.csv", [.. "file,title\na.png,\"one\n"u8, 0xE9, .. "\ntwo\"\na.png,three\n"u8]);
        using SampleSource source = Dataset.Open(folder.Path);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        Assert.Contains("line 2 has an unclosed quote", found[0], StringComparison.Ordinal);
        Assert.Contains("line 3 is not UTF-8", found[1], StringComparison.Ordinal);
        Assert.Equal("three", found[^1]);
    }
}
