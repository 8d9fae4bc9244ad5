using System.Text.Json;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>
/// Names and keywords of emoji in many languages, from the npm package <c>cldr-annotations-full</c> (Unicode-3.0). What a country's
/// language does not say, its language says, as in CLDR: <c>pt-PT</c> holds only what differs from <c>pt</c>.
/// </summary>
internal static class CldrAnnotations
{
    /// <summary>The pinned package.</summary>
    public static NpmPackage Package { get; } = new("cldr-annotations-full", "48.2.0",
        "sha512-DV7A+rEcgUSNTRsVGNGqBZRmAkGfwhGHO5Q1dRwzBoBnVrHWp804JP7/QJdEc66iHmx3+zLWVIMCFLm0lW7PUQ==");

    /// <summary>The languages of the package that name at least a thousand of the emoji that we have pictures of; 116 name all.</summary>
    public static IReadOnlyList<string> Languages { get; } =
    [
        .. ("af ak am ar ar-SA as az ba be bg bn br bs ca ca-ES-valencia chr cs cv cy da de de-CH dsb el en en-001 en-AU en-CA en-GB en-IN "
            + "es es-419 es-MX es-US et eu fa fi fil fo fr fr-CA ga gd gl gu ha ha-NE he hi hr hsb hu hy id ig is it ja jv ka kk kk-Arab "
            + "kl km kn ko kok ky lb lo lt lv mi mk ml mn mr ms mt my ne nl no nso om or pa pa-Arab pcm pl ps pt pt-PT qu quc rm ro ru rw "
            + "sc sd shn si sk sl so sq sr sr-Cyrl sr-Cyrl-BA sr-Latn sr-Latn-BA sv sv-FI sw sw-KE ta te tg th ti tk tn to tr ug uk ur uz "
            + "vi wo xh yo yo-BJ yue yue-Hans zh zh-Hant zh-Hant-HK zu").Split(' '),
    ];

    /// <summary>Name and keywords of each sequence of characters, without variation selectors; what has no name is left out.</summary>
    /// <param name="folder">The package's folder.</param>
    /// <param name="language">One of the package's.</param>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    public static Dictionary<string, EmojiCaption> Read(string folder, string language)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var keywords = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        for (string? next = language; next is not null; next = Parent(next))
        {
            string file = Path.Combine(folder, "annotations", next, "annotations.json");
            // There is es-MX and es, but not always what stands between them.
            if (next == language || File.Exists(file)) Read(file, names, keywords);
        }

        return names.ToDictionary(name => name.Key, name => new EmojiCaption(name.Value, keywords.GetValueOrDefault(name.Key) ?? []),
            StringComparer.Ordinal);
    }

    /// <summary>Without the characters that only ask for the coloured or the plain drawing.</summary>
    public static string Plain(string emoji) =>
        emoji.Replace("\uFE0F", "", StringComparison.Ordinal).Replace("\uFE0E", "", StringComparison.Ordinal);

    /// <summary>The language that a language inherits from; null: none, as with another script.</summary>
    private static string? Parent(string language)
    {
        int hyphen = language.LastIndexOf('-');
        if (hyphen < 0) return null;
        (string rest, string last) = (language[..hyphen], language[(hyphen + 1)..]);
        if (last.Length == 4 && char.IsAsciiLetter(last[0])) return language == "sr-Cyrl" ? rest : null;
        return (rest, last) switch
        {
            ("en", not "001") => "en-001",
            ("es", not "419") => "es-419",
            _ => rest,
        };
    }

    private static void Read(string file, Dictionary<string, string> names, Dictionary<string, IReadOnlyList<string>> keywords)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            using JsonDocument document = JsonDocument.Parse(stream);
            if (!document.RootElement.TryGetProperty("annotations", out JsonElement root))
                throw new JsonException("it has no \"annotations\"");
            // A language that only inherits has none of its own.
            if (!root.TryGetProperty("annotations", out JsonElement all)) return;
            foreach (JsonProperty emoji in all.EnumerateObject())
            {
                string key = Plain(emoji.Name);
                if (Texts(emoji.Value, "tts").FirstOrDefault() is { } name) names.TryAdd(key, name);
                if (Texts(emoji.Value, "default") is { Length: > 0 } own) keywords.TryAdd(key, own);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"the names of emoji {file} are damaged: {e.Message.TrimEnd('.')}; remove their folder and run the "
                + "command again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the names of emoji {file}: {e.Message.TrimEnd('.')}; remove their folder and run the "
                + "command again", e);
        }
    }

    private static string[] Texts(JsonElement emoji, string kind) => emoji.TryGetProperty(kind, out JsonElement texts)
        ? [.. texts.EnumerateArray().Select(text => (text.GetString() ?? throw new JsonException("expected a string, got null")).Trim())
            .Where(text => text.Length > 0)]
        : [];
}
