using CsAligner.Data.Icons;

namespace CsAligner.Data.Tests.Icons;

/// <summary>Names of real sets; what they should read was decided by hand.</summary>
public class CaptionMakerTests
{
    [Theory]
    [InlineData("arrow-left", "arrow left")]
    [InlineData("brand-github-filled", "brand github")]
    [InlineData("traffic-light", "traffic light")]
    [InlineData("chart-line", "chart line")]
    [InlineData("bold", "bold")]
    [InlineData("heart-broken", "heart broken")]
    [InlineData("color-fill", "color fill")]
    [InlineData("clock-24", "clock 24")]
    [InlineData("a-b-2", "a b 2")]
    public void Words_that_mean_something_stay_in_a_set_without_styles(string name, string caption) =>
        Assert.Equal(caption, Maker(Many("icon", "")).Caption(name));

    [Theory]
    [InlineData("outline")]
    [InlineData("outlined")]
    [InlineData("filled")]
    [InlineData("duotone")]
    [InlineData("twotone")]
    [InlineData("two-tone")]
    public void Words_that_are_only_styles_go_everywhere(string style)
    {
        CaptionMaker maker = Maker(Many("icon", ""));
        Assert.Equal("arrow left", maker.Caption($"arrow-left-{style}"));
        Assert.Equal("bell badged", maker.Caption($"bell-{style}-badged"));
        Assert.Equal(style.Replace('-', ' '), maker.Caption(style));
    }

    [Fact]
    public void A_doubtful_word_is_a_style_where_many_names_end_with_it()
    {
        CaptionMaker maker = Maker([.. Many("icon", "-fill"), .. Many("icon", "-line"), .. Many("icon", "-16")]);
        Assert.Equal("database dash", maker.Caption("database-fill-dash"));
        Assert.Equal("chart", maker.Caption("chart-line"));
        Assert.Equal("bell", maker.Caption("bell-fill-16"));
        Assert.Equal("line", maker.Caption("line"));
        Assert.Equal("line chart", maker.Caption("line-chart"));
    }

    [Fact]
    public void A_declared_suffix_goes_where_the_icon_has_another_style()
    {
        CaptionMaker maker =
            Maker([.. Many("icon", ""), .. Many("other", ""), .. Many("more", ""), "house", "house-light", "traffic-light", "lamp-thin",
                "lamp-light"], ["", "thin", "light"]);
        Assert.Equal("house", maker.Caption("house-light"));
        Assert.Equal("lamp", maker.Caption("lamp-light"));
        Assert.Equal("traffic light", maker.Caption("traffic-light"));
    }

    [Theory]
    [InlineData("wheelchair-access-16-filled", "wheelchair access")]
    [InlineData("alert-28-regular", "alert")]
    [InlineData("battery-0-20-filled", "battery 0")]
    public void Declared_suffixes_of_size_and_style_go_together(string name, string caption) =>
        Assert.Equal(caption,
            Maker([name, name.Replace("filled", "regular", StringComparison.Ordinal), "alert-28-filled"],
                ["16-filled", "16-regular", "20-filled", "20-regular", "28-filled", "28-regular"]).Caption(name));

    [Theory]
    [InlineData("outline-today", "today")]
    [InlineData("baseline-3d-rotation", "3d rotation")]
    [InlineData("twotone-2fa", "2fa")]
    public void Declared_prefixes_go(string name, string caption) =>
        Assert.Equal(caption, Maker([name], [], ["baseline", "outline", "round", "sharp", "twotone"]).Caption(name));

    [Theory]
    [InlineData("arrow-down-right-02", "arrow down right")]
    [InlineData("calendar3-filled", "calendar")]
    [InlineData("html5", "html5")]
    [InlineData("h1", "h1")]
    public void Numbers_of_variants_go_and_others_stay(string name, string caption) =>
        Assert.Equal(caption, Maker(["arrow-down-right-02", "calendar3-filled", "calendar-filled", "html5", "h1", "h"]).Caption(name));

    [Fact]
    public void Variants_counted_in_words_go_where_a_set_does_so_often()
    {
        CaptionMaker maker = Maker([.. Many("icon", "-one"), "delete-five"]);
        Assert.Equal("delete", maker.Caption("delete-five"));
        Assert.Equal("delete five", Maker(Many("icon", "")).Caption("delete-five"));
    }

    [Theory]
    [InlineData("grinning-face", "grinning face")]
    [InlineData("1st-place-medal", "1st place medal")]
    [InlineData("man-pilot-medium-dark", "man pilot medium dark skin tone")]
    [InlineData("man-pilot-light", "man pilot light skin tone")]
    [InlineData("police-car-light", "police car light")]
    [InlineData("person-dark-skin-tone", "person dark skin tone")]
    public void Names_of_emoji_keep_their_words_and_spell_out_tones(string name, string caption) =>
        Assert.Equal(caption,
            new CaptionMaker(["man-pilot-light", "man-pilot-medium-light", "man-pilot-medium-dark", name], ["light"], [],
                emoji: true).Caption(name));

    [Fact]
    public void A_set_that_puts_its_own_name_first_loses_it() =>
        Assert.Equal("award", new CaptionMaker(["award", "bx-award"], [], [], emoji: false, "bx").Caption("bx-award"));

    [Fact]
    public void Codes_are_no_alternatives_of_words()
    {
        CaptionMaker maker = Maker(["tornado", "owm-781", "whirlwind", "tornado-outline"]);
        Assert.Equal(["whirlwind"], maker.Alternatives("tornado", ["owm-781", "whirlwind", "tornado-outline"]));
        Assert.Equal(["clock 3"], maker.Alternatives("clock hour 3", ["clock-3"]));
    }

    [Theory]
    [InlineData("Animals & Nature", "animals nature")]
    [InlineData("ArtificialIntelligence", "artificial intelligence")]
    [InlineData("Arrows-action", "arrows action")]
    [InlineData("AV", "av")]
    public void Categories_become_words(string category, string words) => Assert.Equal(words, CaptionMaker.Words(category));

    [Fact]
    public void Of_several_sizes_the_one_nearest_to_24_is_kept()
    {
        string[] names = ["bell-16-filled", "bell-20-filled", "bell-28-filled", "bell-20-regular", "key-48-filled"];
        CaptionMaker maker = Maker(names, ["16-filled", "20-filled", "28-filled", "48-filled", "20-regular"]);
        var icons = names.Select(n => new Icon(n, maker.Caption(n), [], [], new IconShape("<path/>", 0, 0, 24, 24))).ToList();
        Assert.Equal(["bell-20-filled", "bell-20-regular", "key-48-filled"], maker.OneSizeEach(icons).Select(i => i.Name));
    }

    private static CaptionMaker Maker(IReadOnlyCollection<string> names, string[]? suffixes = null, string[]? prefixes = null) =>
        new(names, suffixes ?? [], prefixes ?? [], emoji: false);

    private static string[] Many(string stem, string suffix) =>
        [.. Enumerable.Range(0, 30).Select(i => $"{stem}-{(char)('a' + i % 26)}x{(char)('a' + i / 26)}{suffix}")];
}
