using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace CsAligner.Tokenizers.Characters;

/// <summary>
/// HTML5 character references to text, by the rules of Python's <c>html.unescape</c>, which the original tokenizer
/// calls. <see cref="System.Net.WebUtility"/> knows the 253 names of HTML 4 only, and those only with their semicolon.
/// </summary>
internal static class HtmlEntities
{
    private const int LongestName = 32;

    private static readonly Lazy<FrozenDictionary<string, string>> s_names = new(ReadNames);

    // What browsers show for the numbers 128 to 159: windows-1252. A zero stands for a number that is kept.
    private static ReadOnlySpan<char> Windows1252 =>
    [
        '\u20AC', '\0', '\u201A', '\u0192', '\u201E', '\u2026', '\u2020', '\u2021', '\u02C6', '\u2030', '\u0160', '\u2039', '\u0152', '\0',
        '\u017D', '\0',
        '\0', '\u2018', '\u2019', '\u201C', '\u201D', '\u2022', '\u2013', '\u2014', '\u02DC', '\u2122', '\u0161', '\u203A', '\u0153', '\0',
        '\u017E', '\u0178',
    ];

    /// <summary>The text with every reference replaced once: "&amp;amp;lt;" gives "&amp;lt;".</summary>
    public static string Unescape(string text)
    {
        int ampersand = text.IndexOf('&', StringComparison.Ordinal);
        if (ampersand < 0)
            return text;
        var result = new StringBuilder(text.Length);
        int from = 0;
        while (ampersand >= 0)
        {
            result.Append(text, from, ampersand - from);
            from = ampersand + 1;
            from += text.AsSpan(from) is ['#', ..] ? AppendNumber(text.AsSpan(from), result) : AppendName(text.AsSpan(from), result);
            ampersand = text.IndexOf('&', from);
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>Handles "#123;" or "#x1F;" (the semicolon may be missing); returns the characters read.</summary>
    private static int AppendNumber(ReadOnlySpan<char> text, StringBuilder result)
    {
        bool hexadecimal = text is ['#', 'x' or 'X', ..];
        int position = hexadecimal ? 2 : 1;
        int first = position;
        int number = 0;
        while (position < text.Length && (hexadecimal ? char.IsAsciiHexDigit(text[position]) : char.IsAsciiDigit(text[position])))
        {
            int digit = Convert.ToInt32(text.Slice(position, 1).ToString(), 16);
            number = Math.Min(0x110000, (number * (hexadecimal ? 16 : 10)) + digit);
            position++;
        }

        if (position == first)
        {
            result.Append('&');
            return 0;
        }

        AppendCodePoint(number, result);
        return position < text.Length && text[position] == ';' ? position + 1 : position;
    }

    private static void AppendCodePoint(int number, StringBuilder result)
    {
        if (number is >= 0x80 and <= 0x9F)
        {
            char shown = Windows1252[number - 0x80];
            result.Append(shown == '\0' ? (char)number : shown);
        }
        else if (number == 0 || !Rune.IsValid(number))
        {
            result.Append('\uFFFD');
        }
        else if (!IsForbidden(number))
        {
            result.Append(new Rune(number).ToString());
        }
    }

    private static bool IsForbidden(int number) =>
        number is < 0x09 or 0x0B or (> 0x0D and < 0x20) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;

    /// <summary>Handles "amp;", "amp" and names that begin with one that needs no semicolon; returns the characters read.</summary>
    private static int AppendName(ReadOnlySpan<char> text, StringBuilder result)
    {
        int length = 0;
        while (length < Math.Min(text.Length, LongestName) && text[length] is not ('\t' or '\n' or '\f' or ' ' or '<' or '&' or '#' or ';'))
            length++;
        if (length is > 0 and < LongestName && length < text.Length && text[length] == ';')
            length++;
        FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> names = s_names.Value.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int read = length; read > 1; read--)
        {
            if (names.TryGetValue(text[..read], out string? value))
            {
                result.Append(value);
                return read;
            }
        }

        result.Append('&');
        return 0;
    }

    private static FrozenDictionary<string, string> ReadNames()
    {
        using Stream stream = typeof(HtmlEntities).Assembly.GetManifestResourceStream("CsAligner.Tokenizers.Characters.HtmlEntities.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            IEnumerable<string> characters = line[(equals + 1)..].Split(',')
                .Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            names.Add(line[..equals], string.Concat(characters));
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
