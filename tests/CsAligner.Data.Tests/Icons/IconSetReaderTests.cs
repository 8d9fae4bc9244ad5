using System.Text.Json;
using CsAligner.Data.Icons;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Icons;

public class IconSetReaderTests
{
    private const string Info = """{ "category": "UI 24px", "license": { "spdx": "MIT" }, "palette": false }""";

    [Fact]
    public void Icons_take_the_box_of_the_set_and_their_own_fields_win()
    {
        IconSet set =
            Read("""{ "prefix": "t", "width": 24, "icons": { "b": { "body": "<path/>" }, "a": { "body": "<path/>", "width": 12, "height": 10, "left": -1, "top": 2 } } }""");
        Assert.Equal(["a", "b"], set.Icons.Select(i => i.Name));
        Assert.Equal(new IconShape("<path/>", -1, 2, 12, 10), set.Icons[0].Shape);
        Assert.Equal(new IconShape("<path/>", 0, 0, 24, 16), set.Icons[1].Shape);
        Assert.Equal("MIT", set.Licence);
    }

    [Fact]
    public void Hidden_icons_are_left_out()
    {
        IconSet set =
            Read("""{ "prefix": "t", "icons": { "a": { "body": "<path/>", "hidden": true }, "b": { "body": "<path/>" } }, "aliases": { "c": { "parent": "a" }, "d": { "parent": "a", "hidden": false } } }""");
        Assert.Equal(["b", "d"], set.Icons.Select(i => i.Name));
    }

    [Fact]
    public void An_alias_that_renames_is_another_caption()
    {
        IconSet set =
            Read("""{ "prefix": "t", "icons": { "house": { "body": "<path/>" } }, "aliases": { "home": { "parent": "house" }, "my-home": { "parent": "home" }, "house-outline": { "parent": "house" } } }""");
        Icon icon = Assert.Single(set.Icons);
        Assert.Equal(["home", "my home"], icon.Alternatives);
    }

    [Fact]
    public void An_alias_that_turns_or_flips_is_a_picture_of_its_own()
    {
        IconSet set =
            Read("""{ "prefix": "t", "icons": { "up": { "body": "<path/>" } }, "aliases": { "right": { "parent": "up", "rotate": 1 }, "down": { "parent": "right", "rotate": 1 }, "mirrored": { "parent": "up", "hFlip": true } , "twice": { "parent": "mirrored", "hFlip": true, "vFlip": true } } }""");
        Assert.Equal(["down", "mirrored", "right", "twice", "up"], set.Icons.Select(i => i.Name));
        Assert.Equal(2, Shape(set, "down").Rotate);
        Assert.True(Shape(set, "mirrored").FlipHorizontally);
        Assert.Equal((false, true), (Shape(set, "twice").FlipHorizontally, Shape(set, "twice").FlipVertically));
    }

    [Theory]
    [InlineData("""{ "prefix": "t", "icons": { "bad": { }, "ok": { "body": "<path/>" } } }""", "it has no body")]
    [InlineData("""{ "prefix": "t", "icons": { "bad": { "body": "<path/>", "width": -3 }, "ok": { "body": "<path/>" } } }""",
        "its box is -3 x 16")]
    [InlineData("""{ "prefix": "t", "icons": { "ok": { "body": "<path/>" } }, "aliases": { "bad": { "parent": "gone" } } }""",
        "an alias of a missing icon")]
    [InlineData("""{ "prefix": "t", "icons": { "ok": { "body": "<path/>" } }, "aliases": { "bad": { "parent": "bad" } } }""",
        "form a cycle")]
    public void A_broken_icon_is_named_and_the_rest_is_read(string json, string why)
    {
        IconSet set = Read(json);
        Assert.Equal("ok", Assert.Single(set.Icons).Name);
        Assert.StartsWith("bad: ", Assert.Single(set.Broken), StringComparison.Ordinal);
        Assert.Contains(why, set.Broken[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "prefix": "t" }""")]
    [InlineData("""{ "prefix": "u", "icons": { } }""")]
    [InlineData("""[]""")]
    [InlineData("""{ "prefix": "t", "icons": { "a\ud800": { "body": "<path/>" } } }""")]
    public void A_damaged_set_is_one_line(string json) =>
        Assert.Contains("is damaged", Assert.Throws<InputException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Categories_come_from_the_metadata()
    {
        IconSet set =
            Read("""{ "prefix": "t", "icons": { "cat": { "body": "<path/>" } } }""",
                """{ "categories": { "Animals & Nature": ["cat", "gone"], "Food": ["x"] } }""");
        Assert.Equal(["animals nature"], set.Icons[0].Categories);
    }

    [Theory]
    [InlineData(0, false, false, "<path/>")]
    [InlineData(1, false, false, "<g transform=\"rotate(90 5 5)\"><path/></g>")]
    [InlineData(2, false, false, "<g transform=\"rotate(180 10 5)\"><path/></g>")]
    [InlineData(3, false, false, "<g transform=\"rotate(-90 10 10)\"><path/></g>")]
    [InlineData(0, true, false, "<g transform=\"translate(20 0) scale(-1 1)\"><path/></g>")]
    [InlineData(0, false, true, "<g transform=\"translate(0 10) scale(1 -1)\"><path/></g>")]
    [InlineData(0, true, true, "<g transform=\"rotate(180 10 5)\"><path/></g>")]
    public void Turns_and_flips_become_a_transform_and_turns_swap_the_box(int rotate, bool across, bool down, string body)
    {
        string box = rotate % 2 == 1 ? "0 0 10 20" : "0 0 20 10";
        string svg = new IconShape("<path/>", 0, 0, 20, 10, rotate, across, down).ToSvg(64);
        Assert.Contains($"width=\"64\" height=\"64\" viewBox=\"{box}\">{body}</svg>", svg, StringComparison.Ordinal);
    }

    private static IconShape Shape(IconSet set, string name) => set.Icons.Single(i => i.Name == name).Shape;

    private static IconSet Read(string icons, string metadata = "{}")
    {
        using JsonDocument a = JsonDocument.Parse(icons), b = JsonDocument.Parse(Info), c = JsonDocument.Parse(metadata);
        return IconSetReader.Parse(a.RootElement, b.RootElement, c.RootElement, "t", "t/icons.json");
    }
}
