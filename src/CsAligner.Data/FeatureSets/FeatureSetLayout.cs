using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Data.FeatureSets;

/// <summary>The paths of a feature set's parts: clip-retrieval's layout.</summary>
internal static class FeatureSetLayout
{
    public static string InfoPath(string folder) => Path.Combine(folder, "features.json");

    /// <summary>The image row of each text row, if it is not the row with the same number.</summary>
    public static string PairsPath(string folder) => Path.Combine(folder, FeatureSet.PairsFile);

    public static string Prefix(Modality modality) => modality == Modality.Image ? "img_emb" : "text_emb";

    public static string TokensPrefix(Modality modality) => modality == Modality.Image ? "img_tokens" : "text_tokens";

    /// <summary>Lengths are in the tokens' folder.</summary>
    public static string LengthsPrefix(Modality modality) => modality == Modality.Image ? "img_lengths" : "text_lengths";

    public static string ShardPath(string folder, string prefix, string extension, int number) =>
        Path.Combine(folder, prefix, ShardName(prefix, extension, number));

    public static string LengthsPath(string folder, Modality modality, int number) =>
        Path.Combine(folder, TokensPrefix(modality), ShardName(LengthsPrefix(modality), ".npy", number));

    /// <summary>The shards of one kind in numeric order: img_emb_2 comes before img_emb_10, and zero-padding is allowed.</summary>
    public static string[] Shards(string folder, string prefix, string extension) => [.. Numbered(folder, prefix, extension).Values];

    /// <summary>The same by their numbers.</summary>
    public static SortedDictionary<long, string> Numbered(string folder, string prefix, string extension) =>
        Numbered(folder, prefix, prefix, extension);

    /// <summary>The lengths of the tokens by their numbers.</summary>
    public static SortedDictionary<long, string> NumberedLengths(string folder, Modality modality) =>
        Numbered(folder, TokensPrefix(modality), LengthsPrefix(modality), ".npy");

    /// <summary>Refuses two kinds of shards, matched by number, if a shard of one kind is missing.</summary>
    /// <exception cref="InputException">The missing ones are named.</exception>
    public static void RequireSameNumbers(string folder, string firstKind, SortedDictionary<long, string> first, string secondKind,
        SortedDictionary<long, string> second)
    {
        string[] alone = [.. Alone(first, second, secondKind), .. Alone(second, first, firstKind)];
        if (alone.Length == 0) return;
        string more = alone.Length > 4 ? $" and {alone.Length - 4} more" : "";
        throw new InputException($"cannot pair the shards of '{folder}': {string.Join(", ", alone.Take(4))}{more}; shards are matched by "
            + "number: get the missing files again, or remove those without a partner");
    }

    private static IEnumerable<string> Alone(SortedDictionary<long, string> shards, SortedDictionary<long, string> others,
        string otherKind) =>
        shards.Where(shard => !others.ContainsKey(shard.Key))
            .Select(shard =>
                $"'{Path.GetFileName(shard.Value)}' has no {otherKind}_{shard.Key.ToString(CultureInfo.InvariantCulture)} beside it");

    private static string ShardName(string prefix, string extension, int number) =>
        $"{prefix}_{number.ToString(CultureInfo.InvariantCulture)}{extension}";

    private static SortedDictionary<long, string> Numbered(string folder, string placeName, string prefix, string extension)
    {
        string place = Path.Combine(folder, placeName);
        if (!Directory.Exists(place))
            return [];
        var shards = new SortedDictionary<long, string>();
        foreach (string path in Directory.GetFiles(place, $"{prefix}_*{extension}"))
        {
            string digits = Path.GetFileName(path)[(prefix.Length + 1)..^extension.Length];
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                continue;
            if (!shards.TryAdd(number, path))
                throw new InputException(
                    $"cannot read the feature set '{folder}': '{path}' and '{shards[number]}' both have number {number}; remove one");
        }

        return shards;
    }
}
