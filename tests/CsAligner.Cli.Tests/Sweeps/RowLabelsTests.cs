using CsAligner.Studies.Sweeps;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Sweeps;

public class RowLabelsTests
{
    [Fact]
    public void Rows_without_a_label_are_left_out()
    {
        var (rows, labels) = Read("a\tfruit\r\n\nb\ttree\n e \ttree\nother\tnot here\nc\tfruit").Of("test", ["a", "x", "c", "b", "e"]);
        Assert.Equal([0, 2, 3, 4], rows);
        Assert.Equal(["fruit", "fruit", "tree", "tree"], labels);
    }

    [Theory]
    [InlineData("a\tfruit\nb", "line 2: expected a name, a tab and a label, got \"b\"")]
    [InlineData("a\tfruit\tred", "line 1: expected a name, a tab and a label, got \"a fruit red\"")]
    [InlineData("a\t ", "line 1: expected a name, a tab and a label")]
    [InlineData("\tfruit", "line 1: expected a name, a tab and a label")]
    [InlineData("a\tfruit\na\ttree", "line 2: \"a\" has a label already")]
    public void A_line_that_is_none_is_named(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => Read(text)).Message);

    [Theory]
    [InlineData("", "expected at least 2 labels among the 4 samples of 'icons:x', got 0; samples are named as in 'a'")]
    [InlineData("a\tfruit\nb\tfruit", "expected at least 2 labels among the 4 samples of 'icons:x', got 1")]
    [InlineData("a\tfruit\nb\tfruit\nc\ttree", "expected at least 2 samples of 'icons:x' with the label \"tree\", got 1; leave it out")]
    public void Labels_that_cannot_be_measured_are_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => Read(text).Of("icons:x", ["a", "b", "c", "d"])).Message);

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        using var folder = new TemporaryFolder();
        string message = Assert.Throws<InputException>(() => RowLabels.Read(folder["none.tsv"])).Message;
        Assert.Contains("none.tsv", message);
        Assert.Contains("\"labels\"", message);
    }

    private static RowLabels Read(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["labels.tsv"], text);
        return RowLabels.Read(folder["labels.tsv"]);
    }
}
