using System.Text.Json;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>
/// Labels, keywords and short codes of every emoji, in English, from the npm package <c>emojibase-data</c> (MIT): found by code
/// points where an icon set says which its icons draw, else by name.
/// </summary>
public sealed class EmojiNames
{
    private static readonly string[] s_shortcodes = ["cldr", "emojibase", "github", "iamcal", "joypixels"];

    private readonly Dictionary<string, Emoji> _byCode = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Emoji> _byName = new(StringComparer.Ordinal);

    private EmojiNames()
    {
    }

    /// <summary>The pinned package.</summary>
    public static NpmPackage Package { get; } = new("emojibase-data", "17.0.0",
        "sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==");

    /// <summary>How many emoji there are, tones of skin counted.</summary>
    public int Count => _byCode.Count;

    /// <summary>Downloads the package unless it is in the cache, and reads it.</summary>
    /// <param name="progress">Receives what is being downloaded; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task<EmojiNames> LoadAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        Read(await NpmPackages.EnsureAsync(Package.Name, Package.Version, Package.Integrity, progress, cancellationToken));

    /// <summary>Reads the package's folder.</summary>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    public static EmojiNames Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var names = new EmojiNames();
        string english = Path.Combine(folder, "en");
        Load(Path.Combine(english, "data.json"), JsonValueKind.Array, root =>
        {
            foreach (JsonElement emoji in root.EnumerateArray())
                names.Add(emoji);
        });
        // Labels go first: a short code never takes the place of what Unicode calls an emoji.
        foreach (Emoji emoji in names._byCode.Values.ToArray())
            names._byName.TryAdd(emoji.Label, emoji);
        foreach (string kind in s_shortcodes)
            Load(Path.Combine(english, "shortcodes", kind + ".json"), JsonValueKind.Object, names.AddShortcodes);
        return names;
    }

    /// <summary>The emoji of code points such as <c>1f44b-1f3fb</c>; variation selectors do not matter.</summary>
    public Emoji? FindByCode(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return _byCode.GetValueOrDefault(Plain(code));
    }

    /// <summary>The emoji of this label or short code; numbers behind the name ("baby 2") are drawings of the same.</summary>
    public Emoji? FindByName(string name)
    {
        string words = Words(name);
        while (true)
        {
            if (_byName.TryGetValue(words, out Emoji? emoji))
                return emoji;
            int space = words.LastIndexOf(' ');
            if (space < 0 || !words[(space + 1)..].All(char.IsAsciiDigit))
                return null;
            words = words[..space];
        }
    }

    private void Add(JsonElement emoji)
    {
        List<string> tags = [];
        if (emoji.TryGetProperty("tags", out JsonElement list))
            tags = [.. list.EnumerateArray().Select(t => Words(Text(t))).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal)];
        AddOne(emoji, tags);
        if (!emoji.TryGetProperty("skins", out JsonElement skins))
            return;
        foreach (JsonElement skin in skins.EnumerateArray())
            AddOne(skin, tags);
    }

    private void AddOne(JsonElement emoji, List<string> tags)
    {
        string code = Plain(Text(emoji.GetProperty("hexcode")));
        _byCode.TryAdd(code, new Emoji(code, Words(Text(emoji.GetProperty("label"))), tags));
    }

    private void AddShortcodes(JsonElement root)
    {
        foreach (JsonProperty emoji in root.EnumerateObject())
        {
            if (!_byCode.TryGetValue(Plain(emoji.Name), out Emoji? known))
                continue;
            IEnumerable<JsonElement> codes = emoji.Value.ValueKind == JsonValueKind.Array ? emoji.Value.EnumerateArray() : [emoji.Value];
            foreach (JsonElement code in codes)
                _byName.TryAdd(Words(Text(code)), known);
        }
    }

    private static string Text(JsonElement value) => value.GetString() ?? throw new JsonException("expected a string, got null");

    // Apostrophes stand inside words: "man’s shoe" is "mans shoe", as icon sets write it.
    private static string Words(string text) =>
        CaptionMaker.Words(text.Replace("’", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal));

    private static string Plain(string code) =>
        string.Join('-', code.ToUpperInvariant().Split('-').Where(part => part is not ("FE0F" or "FE0E")));

    private static void Load(string file, JsonValueKind kind, Action<JsonElement> read)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            using JsonDocument document = JsonDocument.Parse(stream);
            if (document.RootElement.ValueKind != kind)
                throw new JsonException($"expected an {kind}");
            read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InputException(
                $"the emoji names {file} are damaged: {e.Message.TrimEnd('.')}; remove their folder and run the command again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"cannot read the emoji names {file}: {e.Message.TrimEnd('.')}; remove their folder and run the command again", e);
        }
    }
}
