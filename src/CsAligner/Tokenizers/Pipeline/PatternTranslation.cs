using System.Text;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// Turns a regular expression of a tokenizer.json, which is written for Oniguruma, into one of .NET with the same matches. What
/// the two read in different ways and no known tokenizer uses is refused by name.
/// </summary>
internal static class PatternTranslation
{
    // Oniguruma's \w holds every letter, mark and digit (letter-like symbols too); .NET's leaves some out.
    private const string WordClass = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    private static readonly string[] s_categories =
        ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
            "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cs", "Cn"];

    /// <exception cref="NotSupportedException">With the part that is refused.</exception>
    public static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 16);
        bool inClass = false;
        for (int i = 0; i < pattern.Length;)
        {
            ReadOnlySpan<char> rest = pattern.AsSpan(i);
            if (rest[0] == '\\')
                i += Escape(rest, inClass, result);
            else if (inClass)
                i += InClass(rest, result, ref inClass);
            else
                i += Outside(rest, result, ref inClass);
        }

        return result.ToString();
    }

    private static int Escape(ReadOnlySpan<char> rest, bool inClass, StringBuilder result)
    {
        switch (rest)
        {
            case ['\\', 'w', ..]:
                result.Append(inClass ? WordClass : $"[{WordClass}]");
                return 2;
            case ['\\', 'W', ..] when !inClass:
                result.Append($"[^{WordClass}]");
                return 2;
            case ['\\', 'p' or 'P', '{', ..] when rest.IndexOf('}') is > 0 and int end:
                return Category(rest[..(end + 1)], result);
            case ['\\', 'x', '{', ..] when rest.IndexOf('}') is > 0 and int end:
                return CodePoint(rest[..(end + 1)], result);
            case ['\\', 'u', _, _, _, _, ..]:
            case ['\\', 'x', _, _, ..] when rest[2] != '{':
            case ['\\', 's' or 'S' or 'd' or 'D' or 'r' or 'n' or 't' or 'f' or 'v', ..]:
            case ['\\', 'b' or 'B' or 'A' or 'z', ..] when !inClass:
                result.Append(rest[..2]);
                return 2;
            case ['\\', var character, ..] when char.IsAscii(character) && !char.IsAsciiLetterOrDigit(character):
                result.Append(rest[..2]);
                return 2;
            default:
                throw new NotSupportedException(rest[..Math.Min(2, rest.Length)].ToString());
        }
    }

    private static int Category(ReadOnlySpan<char> escape, StringBuilder result)
    {
        bool inverted = escape[3] == '^';
        string name = escape[(inverted ? 4 : 3)..^1].ToString();
        if (!s_categories.Contains(name))
            throw new NotSupportedException(escape.ToString());
        result.Append((escape[1] == 'P') != inverted ? @"\P{" : @"\p{").Append(name).Append('}');
        return escape.Length;
    }

    private static int CodePoint(ReadOnlySpan<char> escape, StringBuilder result)
    {
        if (!int.TryParse(escape[3..^1], System.Globalization.NumberStyles.AllowHexSpecifier,
            System.Globalization.CultureInfo.InvariantCulture, out int number) || number is < 0 or > 0xFFFF)
            throw new NotSupportedException(escape.ToString());
        result.Append($"\\u{number:X4}");
        return escape.Length;
    }

    private static int InClass(ReadOnlySpan<char> rest, StringBuilder result, ref bool inClass)
    {
        // Classes in classes and their intersections mean something else in .NET, or nothing.
        if (rest[0] == '[')
            throw new NotSupportedException(rest[..Math.Min(3, rest.Length)].ToString());
        if (rest is ['&', '&', ..])
            throw new NotSupportedException("&&");
        if (char.IsSurrogate(rest[0]))
            throw new NotSupportedException("a character beyond U+FFFF in [ ]");
        inClass = rest[0] != ']';
        result.Append(rest[0]);
        return 1;
    }

    private static int Outside(ReadOnlySpan<char> rest, StringBuilder result, ref bool inClass)
    {
        switch (rest)
        {
            case ['[', ..]:
                inClass = true;
                int read = rest is [_, '^', ..] ? 2 : 1;
                result.Append(rest[..read]);
                // A bracket that comes first stands for itself.
                if (rest.Length > read && rest[read] == ']')
                {
                    result.Append(@"\]");
                    read++;
                }

                return read;
            case ['(', '?', ':' or '=' or '!' or '>', ..]:
            case ['(', '?', 'i', ':', ..]:
            case ['(', '?', 'i', ')', ..]:
            case ['(', '?', '<', '=' or '!', ..]:
                break;
            case ['(', '?', ..]:
                throw new NotSupportedException(rest[..Math.Min(4, rest.Length)].ToString());
            case ['?' or '*' or '+' or '}', '+', ..]:
                throw new NotSupportedException($"the possessive {rest[..2]}");
        }

        if (char.IsSurrogate(rest[0]))
            throw new NotSupportedException("a character beyond U+FFFF");
        result.Append(rest[0]);
        return 1;
    }
}
