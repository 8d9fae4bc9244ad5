using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>
/// Reads icon sets in Iconify's JSON: either the folder of an <c>@iconify-json/SET</c> package (icons.json, info.json,
/// metadata.json) or one complete file of <c>@iconify/json</c>.
/// </summary>
public static class IconSetReader
{
    private const int MaxAliasDepth = 10;

    /// <summary>Reads a set from a package's folder.</summary>
    /// <exception cref="InputException">The files are missing, damaged, or of another set.</exception>
    public static IconSet Read(string folder, string prefix)
    {
        string complete = Path.Combine(folder, "json", prefix + ".json");
        if (File.Exists(complete))
        {
            using JsonDocument all = Load(complete);
            return Parse(all.RootElement, Member(all.RootElement, "info"), all.RootElement, prefix, complete);
        }

        string file = Path.Combine(folder, "icons.json");
        using JsonDocument icons = Load(file);
        using JsonDocument info = Load(Path.Combine(folder, "info.json"));
        using JsonDocument metadata = Load(Path.Combine(folder, "metadata.json"));
        return Parse(icons.RootElement, info.RootElement, metadata.RootElement, prefix, file);
    }

    /// <summary>
    /// For a set of emoji: icon name to code points (<c>1f44b-1f3fb</c>), as far as the package states them, which
    /// only packages of one set do. Null for other sets.
    /// </summary>
    /// <exception cref="InputException">The files are missing or damaged.</exception>
    internal static IReadOnlyDictionary<string, string>? ReadEmojiCodes(string folder, string prefix)
    {
        string collections = Path.Combine(folder, "collections.json");
        bool complete = File.Exists(collections);
        using JsonDocument info = Load(complete ? collections : Path.Combine(folder, "info.json"));
        if (Text(complete ? Member(info.RootElement, prefix) : info.RootElement, "category") != "Emoji")
            return null;
        var codes = new Dictionary<string, string>(StringComparer.Ordinal);
        string file = Path.Combine(folder, "chars.json");
        if (complete || !File.Exists(file))
            return codes;
        using JsonDocument characters = Load(file);
        if (characters.RootElement.ValueKind != JsonValueKind.Object)
            throw Damaged(file, "it is not an object");
        foreach (JsonProperty character in characters.RootElement.EnumerateObject())
        {
            if (character.Value.ValueKind == JsonValueKind.String)
                codes.TryAdd(character.Value.GetString()!, character.Name);
        }

        return codes;
    }

    /// <summary>Reads a set from its parsed parts.</summary>
    internal static IconSet Parse(JsonElement icons, JsonElement info, JsonElement metadata, string prefix, string file)
    {
        try
        {
            return Build(icons, info, metadata, prefix, file);
        }
        catch (InvalidOperationException e)
        {
            // Bytes and escapes that pass as JSON and fail as text.
            throw Damaged(file, e.Message);
        }
    }

    private static IconSet Build(JsonElement icons, JsonElement info, JsonElement metadata, string prefix, string file)
    {
        if (icons.ValueKind != JsonValueKind.Object || Member(icons, "icons").ValueKind != JsonValueKind.Object)
            throw Damaged(file, "it has no \"icons\"");
        if (Text(icons, "prefix") != prefix)
            throw Damaged(file, $"its prefix is '{Text(icons, "prefix")}', expected '{prefix}'");
        var raw = new RawSet(icons);
        bool emoji = Text(info, "category") == "Emoji";
        CaptionMaker captions = new(raw.AllNames, Keys(metadata, "suffixes"), Keys(metadata, "prefixes"), emoji, prefix);
        Dictionary<string, List<string>> categories = Categories(metadata);
        var broken = new List<string>();
        var shapes = new SortedDictionary<string, IconShape>(StringComparer.Ordinal);
        var otherNames = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string name in raw.AllNames)
        {
            if (!raw.TryResolve(name, MaxAliasDepth, out IconShape? shape, out string parent, out bool hidden, out string? error))
                broken.Add($"{name}: {error}");
            else if (hidden)
                continue;
            else if (parent == name)
                shapes[name] = shape!;
            else
                (otherNames.TryGetValue(parent, out List<string>? others) ? others : otherNames[parent] = []).Add(name);
        }

        var result = new List<Icon>(shapes.Count);
        foreach ((string name, IconShape shape) in shapes)
        {
            string caption = captions.Caption(name);
            IReadOnlyList<string> alternatives = captions.Alternatives(caption, otherNames.GetValueOrDefault(name) ?? []);
            result.Add(new Icon(name, caption, alternatives, categories.GetValueOrDefault(name) ?? [], shape));
        }

        bool palette = Member(info, "palette").ValueKind == JsonValueKind.True;
        string? licence = Member(info, "license") is { ValueKind: JsonValueKind.Object } l ? Text(l, "spdx") : null;
        return new IconSet(prefix, licence, palette, captions.OneSizeEach(result), broken);
    }

    private static Dictionary<string, List<string>> Categories(JsonElement metadata)
    {
        var categories = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        if (Member(metadata, "categories") is not { ValueKind: JsonValueKind.Object } all)
            return categories;
        foreach (JsonProperty category in all.EnumerateObject())
        {
            if (category.Value.ValueKind != JsonValueKind.Array)
                continue;
            string words = CaptionMaker.Words(category.Name);
            foreach (JsonElement name in category.Value.EnumerateArray())
            {
                if (name.ValueKind == JsonValueKind.String && words.Length > 0)
                    (categories.TryGetValue(name.GetString()!, out List<string>? list)
                        ? list
                        : categories[name.GetString()!] = []).Add(words);
            }
        }

        return categories;
    }

    private static List<string> Keys(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Object } map ? [.. map.EnumerateObject().Select(p => p.Name)] : [];

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    private static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonDocument Load(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw Damaged(file, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the icon set {file}: {e.Message.TrimEnd('.')}; run 'csalign fetch icons' again", e);
        }
    }

    private static InputException Damaged(string file, string why) =>
        new($"the icon set {file} is damaged: {why.TrimEnd('.')}; remove its folder and run 'csalign fetch icons' again");

    /// <summary>The icons and aliases of the file, with the file's default box.</summary>
    private sealed class RawSet
    {
        private readonly Dictionary<string, JsonElement> _icons = new(StringComparer.Ordinal);
        private readonly Dictionary<string, JsonElement> _aliases = new(StringComparer.Ordinal);
        private readonly JsonElement _defaults;

        public RawSet(JsonElement set)
        {
            _defaults = set;
            foreach (JsonProperty icon in Member(set, "icons").EnumerateObject())
                _icons[icon.Name] = icon.Value;
            if (Member(set, "aliases") is { ValueKind: JsonValueKind.Object } aliases)
            {
                foreach (JsonProperty alias in aliases.EnumerateObject())
                    _aliases.TryAdd(alias.Name, alias.Value);
            }

            AllNames = [.. _icons.Keys.Concat(_aliases.Keys.Where(a => !_icons.ContainsKey(a))).Order(StringComparer.Ordinal)];
        }

        public IReadOnlyList<string> AllNames { get; }

        /// <summary>
        /// Follows an alias. <paramref name="picture"/> is the name of the same picture: an alias that only renames
        /// has its parent's, one that turns or flips is a picture of its own.
        /// </summary>
        public bool TryResolve(string name, int depth, out IconShape? shape, out string picture, out bool hidden, out string? error)
        {
            shape = null;
            picture = name;
            hidden = false;
            error = null;
            if (_icons.TryGetValue(name, out JsonElement own))
            {
                hidden = Flag(own, "hidden");
                return TryShape(own, out shape, out error);
            }

            if (depth == 0 || !_aliases.TryGetValue(name, out JsonElement alias) || Text(alias, "parent") is not { } parent)
            {
                error = depth == 0 ? "its aliases form a cycle" : "it is an alias of a missing icon";
                return false;
            }

            if (!TryResolve(parent, depth - 1, out IconShape? original, out string parentPicture, out bool parentHidden, out error))
                return false;
            // A hidden icon may live on under an alias that says it is not; a hidden name of a visible icon is still its name.
            bool renamesOnly = !parentHidden && IsSamePicture(alias);
            hidden = !renamesOnly
                && (Member(alias, "hidden").ValueKind is JsonValueKind.True or JsonValueKind.False ? Flag(alias, "hidden") : parentHidden);
            shape = original! with
            {
                Left = Number(alias, "left", original.Left),
                Top = Number(alias, "top", original.Top),
                Width = Number(alias, "width", original.Width),
                Height = Number(alias, "height", original.Height),
                Rotate = (original.Rotate + (int)Number(alias, "rotate", 0)) % 4,
                FlipHorizontally = original.FlipHorizontally ^ Flag(alias, "hFlip"),
                FlipVertically = original.FlipVertically ^ Flag(alias, "vFlip"),
            };
            if (renamesOnly)
                picture = parentPicture;
            return true;
        }

        private static bool IsSamePicture(JsonElement alias) =>
            (int)Number(alias, "rotate", 0) % 4 == 0 && !Flag(alias, "hFlip") && !Flag(alias, "vFlip")
            && Member(alias, "width").ValueKind == JsonValueKind.Undefined && Member(alias, "height").ValueKind == JsonValueKind.Undefined
            && Member(alias, "left").ValueKind == JsonValueKind.Undefined && Member(alias, "top").ValueKind == JsonValueKind.Undefined;

        private bool TryShape(JsonElement icon, out IconShape? shape, out string? error)
        {
            shape = null;
            error = null;
            if (Text(icon, "body") is not { Length: > 0 } body)
            {
                error = "it has no body";
                return false;
            }

            double width = Number(icon, "width", Number(_defaults, "width", 16));
            double height = Number(icon, "height", Number(_defaults, "height", 16));
            if (!(width > 0 && height > 0 && width < 1e6 && height < 1e6))
            {
                error = $"its box is {width} x {height}";
                return false;
            }

            shape = new IconShape(body, Number(icon, "left", Number(_defaults, "left", 0)),
                Number(icon, "top", Number(_defaults, "top", 0)), width, height,
                (int)Number(icon, "rotate", 0), Flag(icon, "hFlip"), Flag(icon, "vFlip"));
            return true;
        }

        private static bool Flag(JsonElement element, string name) => Member(element, name).ValueKind == JsonValueKind.True;

        private static double Number(JsonElement element, string name, double otherwise) =>
            Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out double value)
                && double.IsFinite(value) ? value : otherwise;
    }
}
