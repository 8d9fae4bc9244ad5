using System.Buffers;
using System.Text;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Keeps, replaces or leaves out single characters ("StripAccents", "Nmt").</summary>
/// <param name="map">The character that takes a character's place; null leaves it out.</param>
internal sealed class RuneNormalizer(Func<Rune, Rune?> map) : INormalizer
{
    private readonly SearchValues<char> _unchanged = SearchValues.Create(
        [.. Enumerable.Range(0, 128).Where(character => map(new Rune(character)) == new Rune(character))
            .Select(character => (char)character)]);

    public string Normalize(string text)
    {
        int first = text.AsSpan().IndexOfAnyExcept(_unchanged);
        if (first < 0)
            return text;
        var result = new StringBuilder(text.Length);
        result.Append(text, 0, first);
        foreach (Rune rune in text.AsSpan(first).EnumerateRunes())
        {
            if (map(rune) is { } mapped)
                result.Append(mapped);
        }

        return result.ToString();
    }
}
