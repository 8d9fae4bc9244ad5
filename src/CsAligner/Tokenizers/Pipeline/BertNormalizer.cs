using System.Buffers;
using System.Globalization;
using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"BertNormalizer": control characters out, white space to spaces, spaces around ideographs, accents out, lower case.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseCharacters, bool stripAccents, bool lowercase) : INormalizer
{
    private static readonly SearchValues<char> s_plain =
        SearchValues.Create([.. Enumerable.Range(' ', 127 - ' ').Select(character => (char)character)]);

    public string Normalize(string text)
    {
        if (text.AsSpan().IndexOfAnyExcept(s_plain) >= 0)
        {
            if (cleanText)
                text = Clean(text);
            if (handleChineseCharacters)
                text = SetApart(text);
            if (stripAccents)
                text = WithoutAccents(UnicodeForms.Normalize(text, compatible: false, composed: false));
        }

        return lowercase ? LowercaseNormalizer.Lower(text) : text;
    }

    private static string Clean(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '\t' or '\n' or '\r')
                result.Append(' ');
            else if (rune.Value is 0 or 0xFFFD || IsControl(rune))
                continue;
            else if (Rune.IsWhiteSpace(rune))
                result.Append(' ');
            else
                result.Append(rune);
        }

        return result.ToString();
    }

    private static bool IsControl(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    private static string SetApart(string text)
    {
        StringBuilder? result = null;
        int from = 0;
        for (int i = 0, width; i < text.Length; i += width)
        {
            width = 1;
            if (text[i] < 0x3400)
                continue;
            Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out width);
            if (!IsIdeograph(rune.Value))
                continue;
            result ??= new StringBuilder(text.Length + 16);
            result.Append(text, from, i - from).Append(' ').Append(rune).Append(' ');
            from = i + width;
        }

        return result is null ? text : result.Append(text, from, text.Length - from).ToString();
    }

    private static bool IsIdeograph(int character) =>
        character is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static string WithoutAccents(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii || Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
                result.Append(rune);
        }

        return result.ToString();
    }
}
