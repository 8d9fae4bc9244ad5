using System.Text;
using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Tensors.Tests.Formats;

public class LenientJsonTests
{
    private const string Text =
        """{"a": NaN, "b": [Infinity, -Infinity, 1e3], "c": "NaN, \"Infinity\" \\", "d": {"NaN": -1.5e-3}, "größe": 5.0}""";
    private const string Plain =
        """{"a": null, "b": [null, null, 1e3], "c": "NaN, \"Infinity\" \\", "d": {"NaN": -1.5e-3}, "größe": 5.0}""";

    [Fact]
    public void Literals_of_python_become_null_outside_of_strings_and_comments()
    {
        Assert.Equal(Plain, ToPlain(Text));
        Assert.Equal("[null]", ToPlain("[NaN]"));
        Assert.Equal("null", ToPlain("NaN"));
        Assert.Equal("[null/* \" NaN */,null// \" Infinity\n, \"NaN\"]", ToPlain("[NaN/* \" NaN */,NaN// \" Infinity\n, \"NaN\"]"));
    }

    [Theory]
    [InlineData("[1NaN]")]
    [InlineData("[NaNs]")]
    [InlineData("[+Infinity]")]
    [InlineData("[nan]")]
    [InlineData("[--Infinity]")]
    [InlineData("[InfinityInfinity]")]
    public void Other_words_are_left_for_the_parser_to_refuse(string text)
    {
        Assert.Equal(text, ToPlain(text));
        Assert.ThrowsAny<JsonException>(() => LenientJson.Parse(text));
    }

    [Fact]
    public void A_text_without_any_of_it_is_not_copied()
    {
        byte[] bytes = "{\"a\": 1}"u8.ToArray();
        Assert.True(LenientJson.ToPlain(bytes).Equals(bytes));
    }

    [Fact]
    public void Every_encoding_that_a_mark_announces_is_read_whole_and_in_pieces()
    {
        foreach (Encoding encoding in (Encoding[])[new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32,
            new UTF32Encoding(true, true), new UTF8Encoding(false)])
        {
            byte[] bytes = [.. encoding.Preamble, .. encoding.GetBytes(Text)];
            Assert.Equal(Plain, Encoding.UTF8.GetString(LenientJson.ToPlain(bytes).Span));
            for (int piece = 1; piece < 12; piece++)
                Assert.Equal(Plain, new StreamReader(LenientJson.ToPlain(new Dribble(bytes, piece)), Encoding.UTF8).ReadToEnd());
        }
    }

    [Fact]
    public void Short_streams_and_those_beyond_a_piece_are_read()
    {
        foreach (string text in (string[])["", "1", "[]", "NaN", "-Infinity", $"[{string.Join(',', Enumerable.Repeat("NaN", 100_000))}]"])
            Assert.Equal(text.Replace("-Infinity", "null", StringComparison.Ordinal).Replace("NaN", "null", StringComparison.Ordinal),
                new StreamReader(LenientJson.ToPlain(new MemoryStream(Encoding.UTF8.GetBytes(text)))).ReadToEnd());
        Assert.Equal("", new StreamReader(LenientJson.ToPlain(new MemoryStream([0xEF, 0xBB, 0xBF]))).ReadToEnd());
    }

    [Fact]
    public void Comments_and_trailing_commas_pass_and_duplicates_are_the_callers_choice()
    {
        using JsonDocument document = LenientJson.Parse("{\"a\": [1, 2,], // why\n /* and */ \"b\": NaN,}");
        Assert.Equal((2, JsonValueKind.Null),
            (document.RootElement.GetProperty("a").GetArrayLength(), document.RootElement.GetProperty("b").ValueKind));
        Assert.ThrowsAny<JsonException>(() =>
            LenientJson.Parse("{\"a\": 1, \"a\": 2}", new JsonDocumentOptions { AllowDuplicateProperties = false }));
    }

    [Theory]
    [InlineData("5", 5L)]
    [InlineData("-5.0", -5L)]
    [InlineData("1e3", 1000L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("5.5", null)]
    [InlineData("1e40", null)]
    [InlineData("\"5\"", null)]
    [InlineData("NaN", null)]
    public void Whole_numbers_are_known_however_they_are_written(string text, long? expected)
    {
        using JsonDocument document = LenientJson.Parse(text);
        Assert.Equal(expected, LenientJson.TryGetWhole(document.RootElement, out long number) ? number : null);
    }

    private static string ToPlain(string text) => Encoding.UTF8.GetString(LenientJson.ToPlain(Encoding.UTF8.GetBytes(text)).Span);

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Dribble(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, most)]);
    }
}
