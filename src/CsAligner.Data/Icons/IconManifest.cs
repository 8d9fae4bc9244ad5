using System.Security.Cryptography;
using System.Text.Json;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>
/// The decided splits: which icon sets, in which pinned version, under which licence, are used for what.
/// It is the file icon-splits.json, which is part of this assembly.
/// </summary>
public sealed class IconManifest
{
    private static readonly Lazy<IconManifest> Shipped = new(LoadShipped);

    private IconManifest(IReadOnlyList<IconSource> sets, float nearDuplicateCosine, double newNameFraction, string newNameSeed, string hash)
    {
        Sets = sets;
        NearDuplicateCosine = nearDuplicateCosine;
        NewNameFraction = newNameFraction;
        NewNameSeed = newNameSeed;
        Hash = hash;
    }

    /// <summary>The manifest that this version of the program was made with.</summary>
    public static IconManifest Default => Shipped.Value;

    /// <summary>All sets, those first that are measured on; excluded ones have no package.</summary>
    public IReadOnlyList<IconSource> Sets { get; }

    /// <summary>A training icon whose 64 x 64 picture is closer to a test icon's than this is dropped.</summary>
    public float NearDuplicateCosine { get; }

    /// <summary>The share of all names that is kept out of training.</summary>
    public double NewNameFraction { get; }

    /// <summary>The seed for the choice of these names.</summary>
    public string NewNameSeed { get; }

    /// <summary>A hash of the whole file: part of the key of everything made by it.</summary>
    public string Hash { get; }

    /// <summary>The sets of one role, in the manifest's order.</summary>
    public IEnumerable<IconSource> Of(IconRole role) => Sets.Where(s => s.Role == role);

    /// <summary>Finds sets by name.</summary>
    /// <exception cref="InputException">A name is unknown, or its set's licence does not permit the use.</exception>
    public IReadOnlyList<IconSource> Select(IEnumerable<string> names)
    {
        var found = new List<IconSource>();
        foreach (string name in names)
        {
            IconSource source = Sets.FirstOrDefault(s => s.Set == name)
                ?? throw new InputException($"there is no icon set '{name}'; the sets are listed in the manifest icon-splits.json, for "
                    + $"example {string.Join(", ", Sets.Take(3).Select(s => s.Set))}");
            if (source.Package is null)
                throw new InputException($"the icon set '{name}' ({source.Licence}) is not used: {source.Reason}; choose another set");
            found.Add(source);
        }

        return found;
    }

    /// <summary>Reads a manifest.</summary>
    internal static IconManifest Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        NpmPackage complete = ReadPackage(root.GetProperty("complete_package"));
        var sets = new List<IconSource>();
        foreach (JsonElement set in root.GetProperty("sets").EnumerateArray())
        {
            NpmPackage package = set.TryGetProperty("package", out JsonElement own) ? ReadPackage(own) : complete;
            sets.Add(new IconSource(Text(set, "set"), Text(set, "title"), Text(set, "author"), Text(set, "url"), Text(set, "licence"),
                Text(set, "licence_url"),
                ReadRole(Text(set, "role")), Text(set, "reason"), package,
                Text(set, "role") is "alignment"
                    or "validation" || (set.TryGetProperty("new_names", out JsonElement gives) && gives.GetBoolean())));
        }

        foreach (JsonElement set in root.GetProperty("excluded").EnumerateArray())
            sets.Add(new IconSource(Text(set, "set"), Text(set, "set"), "", "", Text(set, "licence"), "", IconRole.Excluded,
                Text(set, "reason"), null, false));
        foreach (IconSource set in sets.Where(s => s.Role != IconRole.Excluded && !IconLicences.IsPermissive(s.Licence)))
            throw new InputException(
                $"the manifest uses the icon set '{set.Set}' under {set.Licence}, which is not a permissive licence; exclude the set");
        JsonElement names = root.GetProperty("new_names");
        return new IconManifest(sets, root.GetProperty("near_duplicate_cosine").GetSingle(), names.GetProperty("fraction").GetDouble(),
            Text(names, "seed"), Convert.ToHexStringLower(SHA256.HashData(json.Span)));
    }

    private static IconManifest LoadShipped()
    {
        using Stream stream = typeof(IconManifest).Assembly.GetManifestResourceStream("icon-splits.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Parse(bytes);
    }

    private static NpmPackage ReadPackage(JsonElement package) =>
        new(Text(package, "name"), Text(package, "version"), Text(package, "integrity"));

    private static IconRole ReadRole(string role) => role switch
    {
        "pretraining" => IconRole.Pretraining,
        "alignment" => IconRole.Alignment,
        "validation" => IconRole.Validation,
        "test" => IconRole.Test,
        _ => throw new InputException($"the manifest gives a set the role '{role}'; expected pretraining, alignment, validation or test"),
    };

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";
}
