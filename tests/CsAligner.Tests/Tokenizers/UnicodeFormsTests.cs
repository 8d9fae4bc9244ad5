using System.Globalization;
using System.Text.Json;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tests.Tokenizers;

public sealed class UnicodeFormsTests
{
    [Fact]
    public void Random_texts_have_the_form_that_JavaScript_gives_them()
    {
        using JsonDocument json =
            JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "unicode", "nfkc.json")));
        int changed = 0;
        foreach (JsonElement pair in json.RootElement.EnumerateArray())
        {
            (string text, string expected) = (Text(pair[0]), Text(pair[1]));
            Assert.Equal(expected, UnicodeForms.Normalize(text, compatible: true, composed: true));
            Assert.Equal(expected, UnicodeForms.Normalize(expected, compatible: true, composed: true));
            changed += text == expected ? 0 : 1;
        }

        Assert.Equal(600, json.RootElement.GetArrayLength());
        Assert.True(changed > 300, $"Only {changed} texts change: the file checks little.");
    }

    [Fact]
    public void Plain_text_is_the_same_object()
    {
        string plain = new('a', 10);
        Assert.Same(plain, UnicodeForms.Normalize(plain, compatible: true, composed: true));
        Assert.Equal("", UnicodeForms.Normalize("", compatible: true, composed: true));
    }

    [Fact]
    public void A_million_combining_characters_take_no_time_of_their_square()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0316", 500_000));
        string form = UnicodeForms.Normalize(text, compatible: true, composed: true);
        Assert.StartsWith("\u00E1\u0316\u0316", form, StringComparison.Ordinal);
        Assert.Equal(1_000_000, form.Length);
    }

    private static string Text(JsonElement units) =>
        new([.. units.GetString()!.Split(' ').Select(unit => (char)int.Parse(unit, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]);
}
