using CsAligner.Data.Languages;

namespace CsAligner.Data.Tests.Languages;

public class LanguageTagsTests
{
    private static readonly string[] s_known = ["de", "he", "no", "pt", "pt-PT", "sr", "sr-Latn", "zh", "zh-Hant", "zh-Hant-HK"];

    [Theory]
    [InlineData("de", "de")]
    [InlineData("DE", "de")]
    [InlineData("de_AT", "de")]
    [InlineData("pt_PT", "pt-PT")]
    [InlineData("pt-br", "pt")]
    [InlineData("zh-TW", "zh-Hant")]
    [InlineData("zh_HK", "zh-Hant-HK")]
    [InlineData("nb", "no")]
    [InlineData("sr-ME", "sr-Latn")]
    [InlineData("sr-Arab", null)]
    [InlineData("fr", null)]
    [InlineData("", null)]
    public void A_country_falls_back_to_its_language_but_never_to_another_script(string tag, string? found) =>
        Assert.Equal(found, LanguageTags.Find(tag, s_known));

    [Theory]
    [InlineData("de", true)]
    [InlineData("pt_BR", true)]
    [InlineData("ca@valencia", true)]
    [InlineData("zh-Hant-HK", true)]
    [InlineData("d", false)]
    [InlineData("de-", false)]
    [InlineData("0001", false)]
    [InlineData("a.b", false)]
    public void Tags_are_told_from_other_words(string text, bool isTag) => Assert.Equal(isTag, LanguageTags.IsTag(text));
}
