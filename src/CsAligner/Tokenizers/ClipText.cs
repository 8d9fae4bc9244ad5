using System.Globalization;
using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers;

/// <summary>
/// What CLIP's tokenizer does to a text before byte pairs are merged: HTML references resolved twice, lower case as
/// Python's <c>str.lower</c> gives it, and the cut into words by the original's regular expression
/// <c>&lt;\|startoftext\|&gt;|&lt;\|endoftext\|&gt;|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+</c>.
/// Runs of white space need no collapsing here, because words contain none.
/// </summary>
internal static class ClipText
{
    public const string StartOfText = "<|startoftext|>";
    public const string EndOfText = "<|endoftext|>";

    /// <summary>The text as the word expression sees it.</summary>
    public static string Clean(string text)
    {
        if (text.Contains('&', StringComparison.Ordinal))
            text = HtmlEntities.Unescape(HtmlEntities.Unescape(text));
        return Lower(Strip(text));
    }

    /// <summary>
    /// Finds the next word at or after <paramref name="position"/>, which moves behind it.
    /// False at the end of the text.
    /// </summary>
    public static bool NextWord(ReadOnlySpan<char> text, ref int position, out ReadOnlySpan<char> word)
    {
        int start = position;
        Kind kind = Kind.Space;
        int width = 0;
        while (start < text.Length && (kind = KindAt(text, start, out width)) == Kind.Space)
            start += width;
        int end = start + width;
        if (start >= text.Length)
        {
            position = text.Length;
            word = default;
            return false;
        }

        if (SpecialOrContraction(text[start..]) is > 0 and int length)
        {
            end = start + length;
        }
        else if (kind is Kind.Letter or Kind.Other)
        {
            while (end < text.Length && KindAt(text, end, out width) == kind)
                end += width;
        }

        word = text[start..end];
        position = end;
        return true;
    }

    private static int SpecialOrContraction(ReadOnlySpan<char> text)
    {
        if (text[0] == '<')
        {
            return text.StartsWith(StartOfText, StringComparison.Ordinal) ? StartOfText.Length
                : text.StartsWith(EndOfText, StringComparison.Ordinal) ? EndOfText.Length : 0;
        }

        // The expression ignores case, and U+017F (long s) is an s then.
        return text switch
        {
            ['\'', 's' or 't' or 'm' or 'd' or '\u017F', ..] => 2,
            ['\'', 'r' or 'v', 'e', ..] => 3,
            ['\'', 'l', 'l', ..] => 3,
            _ => 0,
        };
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int position, out int width)
    {
        char character = text[position];
        width = 1;
        if (char.IsAscii(character))
        {
            return char.IsAsciiLetter(character) ? Kind.Letter
                : char.IsAsciiDigit(character) ? Kind.Number
                : char.IsWhiteSpace(character) ? Kind.Space : Kind.Other;
        }

        // A lone surrogate reads as U+FFFD, which is what its bytes will be too.
        Rune.DecodeFromUtf16(text[position..], out Rune rune, out width);
        return Rune.IsLetter(rune) ? Kind.Letter : Rune.IsNumber(rune) ? Kind.Number : Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other;
    }

    /// <summary>Python's strip also takes the four separators U+001C to U+001F, which the word expression would keep.</summary>
    private static string Strip(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (rest is [var first, ..] && IsStripped(first))
            rest = rest[1..];
        while (rest is [.., var last] && IsStripped(last))
            rest = rest[..^1];
        return rest.Length == text.Length ? text : rest.ToString();
    }

    private static bool IsStripped(char character) => char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F';

    private static string Lower(string text) =>
        text.AsSpan().IndexOfAny('\u0130', '\u03A3') < 0 ? text.ToLowerInvariant() : LowerSpecial(text);

    /// <summary>
    /// The two characters whose full lower case is not one fixed character: I with a dot becomes i and a combining
    /// dot, and a capital sigma at a word's end becomes a final one.
    /// </summary>
    private static string LowerSpecial(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\u0130')
                result.Append("i\u0307");
            else if (text[i] == '\u03A3')
                result.Append(IsFinalSigma(text, i) ? '\u03C2' : '\u03C3');
            else
                result.Append(text[i]);
        }

        return result.ToString().ToLowerInvariant();
    }

    private static bool IsFinalSigma(string text, int position)
    {
        int before = position - 1;
        while (before >= 0 && IsCaseIgnorable(text[before]))
            before--;
        if (before < 0 || !IsCased(text[before]))
            return false;
        int after = position + 1;
        while (after < text.Length && IsCaseIgnorable(text[after]))
            after++;
        return after == text.Length || !IsCased(text[after]);
    }

    private static bool IsCased(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(char character) =>
        character is '\'' or '.' or ':' or '\u00B7' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
        || char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }
}
