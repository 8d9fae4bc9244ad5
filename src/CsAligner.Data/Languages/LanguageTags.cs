namespace CsAligner.Data.Languages;

/// <summary>Languages as users write them and as data sets have them: <c>pt_PT</c>, <c>pt-pt</c> and <c>pt-PT</c> are one.</summary>
internal static class LanguageTags
{
    public const string English = "en";

    // Where dropping the country would give another script, or the language has another code.
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["zh-TW"] = "zh-Hant",
        ["zh-MO"] = "zh-Hant-HK",
        ["zh-HK"] = "zh-Hant-HK",
        ["sr-ME"] = "sr-Latn",
        ["nb"] = "no",
        ["iw"] = "he",
    };

    /// <summary>With hyphens: <c>ca@valencia</c> is <c>ca-valencia</c>.</summary>
    public static string Plain(string tag) => tag.Replace('_', '-').Replace('@', '-');

    /// <summary>Whether it can be a language: letters, then more letters and digits behind hyphens.</summary>
    public static bool IsTag(string tag)
    {
        string[] parts = tag.Split('-', '_', '@');
        return parts[0].Length is 2 or 3 && parts[0].All(char.IsAsciiLetter)
            && parts.All(part => part.Length is >= 2 and <= 8 && part.All(char.IsAsciiLetterOrDigit));
    }

    /// <summary>The known language that a tag means: itself, or what it is a country's kind of; null if there is none.</summary>
    public static string? Find(string tag, IReadOnlyList<string> known)
    {
        for (string? plain = Plain(tag); plain is not null; plain = WithoutCountry(plain))
        {
            if (known.FirstOrDefault(k => k.Equals(plain, StringComparison.OrdinalIgnoreCase)) is { } found) return found;
            if (Aliases.TryGetValue(plain, out string? other) && known.Contains(other)) return other;
        }

        return null;
    }

    private static string? WithoutCountry(string tag)
    {
        int hyphen = tag.LastIndexOf('-');
        return hyphen > 0 && tag.Length - hyphen == 3 ? tag[..hyphen] : null;
    }
}
