using System.Globalization;

namespace CsAligner.Data.Icons;

/// <summary>
/// Turns the names of one set into words. Words of style (outline, filled, 24 ...) name how an icon is drawn, not what
/// it shows, and are dropped. Sets declare some; others show in how many of the set's names end or begin with them,
/// so that "traffic-light" keeps its light in a set that has no light style.
/// </summary>
public sealed class CaptionMaker
{
    /// <summary>A doubtful word is one of style where this share of all names ends (or begins) with it.</summary>
    private const double StyleShare = 0.05;

    // Words that only name a style, anywhere in the name.
    private static readonly HashSet<string> AlwaysStyle =
        new(StringComparer.Ordinal) { "outline", "outlined", "filled", "duotone", "twotone" };

    // Words that are style in one set and meaning in another ("line", "light", "bold", "fill").
    private static readonly HashSet<string> Doubtful = new(StringComparer.Ordinal)
    {
        "fill", "solid", "line", "linear", "bold", "sharp", "round", "rounded", "thin", "light", "regular", "broken",
        "stroke", "flat", "baseline", "thick", "duo", "color", "remix", "block", "mini", "micro",
        "alt", "o", "expressive",
    };

    // Those that may also occur in the middle ("database-fill-dash") once the set is known to use them.
    private static readonly HashSet<string> Inner = new(StringComparer.Ordinal) { "fill", "solid", "stroke" };

    private static readonly HashSet<string> Sizes = new(StringComparer.Ordinal)
    {
        "8", "10", "12", "14", "15", "16", "18", "20", "24", "26", "28", "32", "36", "40", "48", "64", "96", "8px", "10px", "12px", "16px",
        "20px", "24px", "32px", "48px",
    };

    // Variants counted in words ("file-focus-one"): only where a set does so often.
    private static readonly HashSet<string> Counts =
        new(StringComparer.Ordinal) { "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten" };

    private static readonly string[] Tones = ["medium-light", "medium-dark", "light", "medium", "dark"];

    private readonly HashSet<string> _names;
    private readonly List<string> _suffixes;
    private readonly List<string> _prefixes;
    private readonly HashSet<string> _last = new(StringComparer.Ordinal);
    private readonly HashSet<string> _first = new(StringComparer.Ordinal);
    private readonly bool _emoji;
    private readonly string _set;

    /// <summary>Learns the style words of a set.</summary>
    /// <param name="names">All its names, hidden ones and aliases included.</param>
    /// <param name="suffixes">The suffixes that the set declares as styles.</param>
    /// <param name="prefixes">The prefixes that it declares.</param>
    /// <param name="emoji">True for emoji sets: all words of their names matter, and skin tones are spelled out.</param>
    /// <param name="set">The set's own short name, which some put before every alias.</param>
    public CaptionMaker(IReadOnlyCollection<string> names, IEnumerable<string> suffixes, IEnumerable<string> prefixes, bool emoji,
        string set = "")
    {
        ArgumentNullException.ThrowIfNull(names);
        _set = set;
        _names = [.. names];
        _emoji = emoji;
        _suffixes = emoji
            ? []
            : [.. suffixes.Where(s => s.Length > 0).OrderByDescending(s => s.Length).ThenBy(s => s, StringComparer.Ordinal)];
        _prefixes = emoji
            ? []
            : [.. prefixes.Where(s => s.Length > 0).OrderByDescending(s => s.Length).ThenBy(s => s, StringComparer.Ordinal)];
        if (!emoji)
            LearnStyles(names);
    }

    /// <summary>The words of a name that say what the icon shows; never empty for a name that is not.</summary>
    public string Caption(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return string.Join(' ', Tokens(name));
    }

    /// <summary>
    /// The other names of a picture in words, without the caption itself and without codes: where the caption has no
    /// digit, a name with one ("owm 904") is a number in somebody's table.
    /// </summary>
    public IReadOnlyList<string> Alternatives(string caption, IEnumerable<string> names) =>
        [.. names.Select(Caption).Where(c => c != caption && (caption.Any(char.IsAsciiDigit) || !c.Any(char.IsAsciiDigit)))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Any text as plain lower-case words: "Animals &amp; Nature" and "AnimalsNature" are "animals nature".</summary>
    public static string Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new System.Text.StringBuilder(text.Length + 8);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (!char.IsLetterOrDigit(c))
            {
                words.Append(' ');
                continue;
            }

            if (i > 0 && char.IsUpper(c) && char.IsLower(text[i - 1]))
                words.Append(' ');
            words.Append(char.ToLowerInvariant(c));
        }

        return string.Join(' ', words.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>
    /// Where a set draws one icon in several pixel sizes, keeps the one nearest to 24: at our size the rest are copies.
    /// </summary>
    internal IReadOnlyList<Icon> OneSizeEach(List<Icon> icons)
    {
        var best = new Dictionary<string, (int Distance, string Name)>(StringComparer.Ordinal);
        foreach (Icon icon in icons)
        {
            (string stem, int size) = Unsized(icon.Name);
            int distance = Math.Abs(size - 24);
            if (!best.TryGetValue(stem, out (int Distance, string Name) kept) || distance < kept.Distance)
                best[stem] = (distance, icon.Name);
        }

        return [.. icons.Where(icon => best[Unsized(icon.Name).Stem].Name == icon.Name)];
    }

    private (string Stem, int Size) Unsized(string name)
    {
        if (_emoji)
            return (name, 24);
        string[] tokens = name.Split('-');
        for (int i = tokens.Length - 1; i > 0 && i >= tokens.Length - 2; i--)
        {
            if (Sizes.Contains(tokens[i]) && IsSizeHere(tokens, i))
                return (string.Join('-', tokens[..i].Concat(tokens[(i + 1)..])),
                    int.Parse(tokens[i].Replace("px", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
        }

        return (name, 24);
    }

    private bool IsSizeHere(string[] tokens, int at) =>
        _last.Contains(tokens[at]) || _suffixes.Contains(string.Join('-', tokens[at..]));

    private List<string> Tokens(string name)
    {
        if (_emoji)
            return EmojiTokens(name);
        string rest = name;
        if (_prefixes.FirstOrDefault(p => rest.StartsWith(p + "-", StringComparison.Ordinal) && rest.Length > p.Length + 1) is { } prefix)
            rest = rest[(prefix.Length + 1)..];
        if (_suffixes.FirstOrDefault(s => rest.EndsWith("-" + s, StringComparison.Ordinal) && rest.Length > s.Length + 1) is { } suffix
            && HasSibling(rest[..^(suffix.Length + 1)], suffix))
            rest = rest[..^(suffix.Length + 1)];
        List<string> tokens = [.. rest.Split('-', StringSplitOptions.RemoveEmptyEntries)];
        if (tokens.Count == 0)
            return [name];
        RemoveInner(tokens);
        if (tokens.Count > 1 && tokens[0] == _set)
            tokens.RemoveAt(0);
        while (tokens.Count > 1 && (_last.Contains(tokens[^1]) || IsZeroPadded(tokens[^1])))
            tokens.RemoveAt(tokens.Count - 1);
        while (tokens.Count > 1 && _first.Contains(tokens[0]))
            tokens.RemoveAt(0);
        tokens[^1] = WithoutCount(name, tokens[^1]);
        return tokens;
    }

    private void RemoveInner(List<string> tokens)
    {
        for (int i = tokens.Count - 1; i >= 0 && tokens.Count > 1; i--)
        {
            if (AlwaysStyle.Contains(tokens[i]) || (Inner.Contains(tokens[i]) && _last.Contains(tokens[i])))
                tokens.RemoveAt(i);
            else if (tokens[i] == "tone" && i > 0 && tokens[i - 1] == "two" && tokens.Count > 2)
                tokens.RemoveRange(--i, 2);
        }
    }

    // A declared suffix that is also a word ("light") counts only if the same name exists in another style.
    private bool HasSibling(string stem, string suffix) =>
        suffix.Split('-').All(word => AlwaysStyle.Contains(word) || Sizes.Contains(word))
        || _names.Contains(stem)
        || _suffixes.Any(other => other != suffix && _names.Contains($"{stem}-{other}"));

    // "calendar3" beside "calendar" is a third drawing of it; "html5" stands alone and keeps its number.
    private string WithoutCount(string name, string token)
    {
        string stem = token.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        bool counted = stem.Length >= 3 && stem.Length < token.Length && stem.All(char.IsAsciiLetter)
            && _names.Contains(name.Replace(token, stem, StringComparison.Ordinal));
        return counted ? stem : token;
    }

    private static bool IsZeroPadded(string token) => token.Length == 2 && token[0] == '0' && char.IsAsciiDigit(token[1]);

    private List<string> EmojiTokens(string name)
    {
        foreach (string tone in Tones)
        {
            if (!name.EndsWith("-" + tone, StringComparison.Ordinal))
                continue;
            string stem = name[..^(tone.Length + 1)];
            // Only where the five tones are there: "chestnut-dark" would be a colour.
            if (_names.Contains(stem + "-medium-dark") && _names.Contains(stem + "-medium-light"))
                return [.. name.Split('-', StringSplitOptions.RemoveEmptyEntries), "skin", "tone"];
        }

        string[] tokens = name.Split('-', StringSplitOptions.RemoveEmptyEntries);
        return tokens.Length == 0 ? [name] : [.. tokens];
    }

    private void LearnStyles(IReadOnlyCollection<string> names)
    {
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        int sizes = 0, counts = 0;
        foreach (string name in names)
        {
            string[] tokens = name.Split('-');
            if (tokens.Length < 2)
                continue;
            first[tokens[0]] = first.GetValueOrDefault(tokens[0]) + 1;
            // Styles come in rows ("bell-fill-16"): count each word of the tail.
            for (int i = tokens.Length - 1; i > 0; i--)
            {
                last[tokens[i]] = last.GetValueOrDefault(tokens[i]) + 1;
                if (!Doubtful.Contains(tokens[i]) && !Sizes.Contains(tokens[i]) && !AlwaysStyle.Contains(tokens[i]))
                    break;
            }

            sizes += Sizes.Contains(tokens[^1]) ? 1 : 0;
            counts += Counts.Contains(tokens[^1]) ? 1 : 0;
        }

        double enough = StyleShare * names.Count;
        _last.UnionWith(Doubtful.Where(w => last.GetValueOrDefault(w) >= enough));
        _first.UnionWith(Doubtful.Where(w => first.GetValueOrDefault(w) >= enough));
        if (sizes >= 2 * enough)
            _last.UnionWith(Sizes.Where(s => last.GetValueOrDefault(s) >= enough));
        if (counts >= enough)
            _last.UnionWith(Counts);
    }
}
