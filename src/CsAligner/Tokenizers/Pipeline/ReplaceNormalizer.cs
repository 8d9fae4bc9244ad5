using System.Text;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"Replace": puts one thing in the place of all that a pattern finds.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    public string Normalize(string text)
    {
        var matches = new List<(int Start, int Length)>();
        pattern.Find(text, matches);
        if (matches.Count == 0)
            return text;
        TextBudget.RequireLength(text.Length + ((long)matches.Count * content.Length) - matches.Sum(match => (long)match.Length));
        var result = new StringBuilder(text.Length + 16);
        int from = 0;
        foreach ((int start, int length) in matches)
        {
            result.Append(text, from, start - from).Append(content);
            from = start + length;
        }

        return result.Append(text, from, text.Length - from).ToString();
    }
}
