using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsAligner.Tensors;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>A pattern to search for: a string, or a regular expression over characters, not UTF-16 code units.</summary>
internal sealed class TextPattern
{
    // Far beyond what any match of a sound expression needs, whatever the text; TextBudget counts what all take.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // The longest that is known has some 600.
    private const int LongestExpression = 4096;

    // A rare character of each category: .NET's expressions see halves, so whole characters beyond U+FFFF are stood in for.
    private static readonly char[] s_standIns = MakeStandIns();

    private readonly string? _literal;
    private readonly Regex? _regex;

    private TextPattern(string? literal, Regex? regex) => (_literal, _regex) = (literal, regex);

    /// <summary>The expression of GPT-2.</summary>
    public static TextPattern Gpt2 { get; } = OfRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

    public static TextPattern OfLiteral(string literal) => new(literal, null);

    /// <exception cref="NotSupportedException">The expression uses unsupported syntax.</exception>
    /// <exception cref="ArgumentException">The expression is malformed.</exception>
    public static TextPattern OfRegex(string pattern) =>
        new(null, new Regex(PatternTranslation.Translate(pattern),
            RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline, s_patience));

    /// <summary>Reads {"String": …} or {"Regex": …}.</summary>
    public static TextPattern Read(JsonView json)
    {
        if (json.Optional("String") is { } literal)
            return OfLiteral(literal.Text());
        JsonView regex = json.Required("Regex");
        if (regex.Text().Length > LongestExpression)
            throw regex.Malformed($"{regex.Text().Length} characters; the limit is {LongestExpression}");
        try
        {
            return OfRegex(regex.Text());
        }
        catch (NotSupportedException problem)
        {
            throw regex.Unknown("expression", problem.Message);
        }
        catch (ArgumentException problem)
        {
            throw regex.Malformed($"{JsonView.Shown(regex.Text())} is not a regular expression", problem);
        }
    }

    /// <summary>Finds all matches from left to right.</summary>
    /// <exception cref="InputException">The expression needs longer than any sound one.</exception>
    public void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        matches.Clear();
        if (_regex is null)
        {
            FindLiteral(text, matches);
            return;
        }

        int[]? places = null;
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
            text = StandIn(text, out places);
        long began = Environment.TickCount64;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
            {
                matches.Add(places is null
                    ? (match.Index, match.Length)
                    : (places[match.Index], places[match.Index + match.Length] - places[match.Index]));
                if (TextBudget.IsSpent(began))
                    throw TooSlow(text.Length, null);
            }
        }
        catch (RegexMatchTimeoutException problem)
        {
            throw TooSlow(text.Length, problem);
        }

        TextBudget.Spend(began);
    }

    private InputException TooSlow(int length, Exception? cause) =>
        new($"tokenizing a text of {length} characters: the tokenizer's expression {JsonView.Shown(_regex!.ToString())} took more "
            + $"than {s_patience.TotalSeconds} seconds; use a tokenizer without such an expression.", cause);

    private void FindLiteral(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        if (_literal!.Length == 0)
            return;
        for (int from = 0; text[from..].IndexOf(_literal) is >= 0 and int found; from += found + _literal.Length)
            matches.Add((from + found, _literal.Length));
    }

    private static ReadOnlySpan<char> StandIn(ReadOnlySpan<char> text, out int[] places)
    {
        var shortened = new char[text.Length];
        places = new int[text.Length + 1];
        int count = 0;
        for (int i = 0; i < text.Length; count++)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int width);
            places[count] = i;
            shortened[count] = rune.IsBmp ? text[i] : s_standIns[(int)Rune.GetUnicodeCategory(rune)];
            i += width;
        }

        places[count] = text.Length;
        return shortened.AsSpan(0, count);
    }

    private static char[] MakeStandIns()
    {
        // Start at the end: characters there are rarest in expressions.
        var standIns = new char[30];
        for (int character = 0; character <= 0xFFFF; character++)
            standIns[(int)char.GetUnicodeCategory((char)character)] = (char)character;
        return standIns;
    }
}
