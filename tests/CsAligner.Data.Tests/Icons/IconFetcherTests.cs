using CsAligner.Data.Icons;

namespace CsAligner.Data.Tests.Icons;

public class IconFetcherTests
{
    [Fact]
    public void The_licence_table_names_author_and_licence_of_each_set()
    {
        IconSource source = IconManifest.Default.Select(["twemoji"])[0];
        string text = IconFetcher.Licences([new FetchedIconSet(source with { Author = "A | B" }, 7, 7, [])]);
        Assert.Contains("(twemoji) | 7 | A \\| B | [CC-BY-4.0](", text, StringComparison.Ordinal);
    }
}
