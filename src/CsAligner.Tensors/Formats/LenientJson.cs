using System.Text;
using System.Text.Json;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// The way in for JSON that other tools wrote: byte order marks, UTF-16 and UTF-32 that a mark announces, Python's NaN, Infinity and
/// -Infinity (each becomes null, so a reader that needs the number still refuses it), comments, and commas before a closing bracket.
/// All else is as <see cref="JsonDocument"/> has it.
/// </summary>
public static class LenientJson
{
    /// <summary>Parses a text.</summary>
    /// <param name="text">The bytes of a file or of a line; not changed, and to be left alone until the document is disposed.</param>
    /// <param name="options">Depth and duplicate keys; trailing commas and comments pass either way.</param>
    /// <exception cref="JsonException">It is not JSON even so.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> text, JsonDocumentOptions options = default)
    {
        options.AllowTrailingCommas = true;
        options.CommentHandling = JsonCommentHandling.Skip;
        return JsonDocument.Parse(ToPlain(text), options);
    }

    /// <summary>Parses a line or another text that is decoded already.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">Depth and duplicate keys; trailing commas and comments pass either way.</param>
    /// <exception cref="JsonException">It is not JSON even so.</exception>
    public static JsonDocument Parse(string text, JsonDocumentOptions options = default) => Parse(Encoding.UTF8.GetBytes(text), options);

    /// <summary>
    /// The text as plain JSON in UTF-8: no byte order mark, null instead of NaN, Infinity and -Infinity. The same memory if there is
    /// none of them. Comments and trailing commas stay.
    /// </summary>
    /// <param name="text">The bytes of a file or of a line.</param>
    public static ReadOnlyMemory<byte> ToPlain(ReadOnlyMemory<byte> text)
    {
        (Encoding? encoding, int mark) = EncodingOf(text.Span);
        text = encoding is null ? text[mark..] : Encoding.UTF8.GetBytes(encoding.GetString(text.Span[mark..]));
        if (text.Span.IndexOf("NaN"u8) < 0 && text.Span.IndexOf("Infinity"u8) < 0)
            return text;
        byte[] plain = new byte[LenientJsonFilter.MostBytes(text.Length)];
        var filter = new LenientJsonFilter();
        int length = filter.Write(text.Span, plain);
        length += filter.Finish(plain.AsSpan(length));
        return plain.AsMemory(0, length);
    }

    /// <summary>
    /// A stream of plain JSON in UTF-8, as <see cref="ToPlain(ReadOnlyMemory{byte})"/> makes it of bytes,
    /// for files that are read piece by piece.
    /// </summary>
    /// <param name="source">A stream at its beginning, disposed with the result.</param>
    public static Stream ToPlain(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new LenientJsonStream(source);
    }

    /// <summary>The value of a whole number, however it is written: 5, 5.0, 5e0. False for all else, and beyond 64 bits.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="number">The number.</param>
    public static bool TryGetWhole(JsonElement value, out long number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number
            && (value.TryGetInt64(out number) || (value.TryGetDecimal(out decimal exact) && TryGetWhole(exact, out number)));
    }

    /// <summary>The same of the number that a reader is at.</summary>
    /// <param name="reader">At a number.</param>
    /// <param name="number">The number.</param>
    public static bool TryGetWhole(ref Utf8JsonReader reader, out long number) =>
        reader.TryGetInt64(out number) || (reader.TryGetDecimal(out decimal exact) && TryGetWhole(exact, out number));

    private static bool TryGetWhole(decimal exact, out long number)
    {
        bool whole = decimal.Truncate(exact) == exact && exact is >= long.MinValue and <= long.MaxValue;
        number = whole ? (long)exact : 0;
        return whole;
    }

    /// <summary>The encoding of a byte order mark, and its length; null for UTF-8, with or without one.</summary>
    internal static (Encoding? Encoding, int Mark) EncodingOf(ReadOnlySpan<byte> start) => start switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (null, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding.UTF32, 4),
        [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: false), 4),
        [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
        _ => (null, 0),
    };
}
