using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Data.FeatureSets;

/// <summary>Where the parts of a feature set lie: clip-retrieval's layout.</summary>
internal static class FeatureSetLayout
{
    public static string InfoPath(string folder) => Path.Combine(folder, "features.json");

    /// <summary>For each text row the row of its image, where it is not the row of the same number.</summary>
    public static string PairsPath(string folder) => Path.Combine(folder, FeatureSet.PairsFile);

    public static string Prefix(Modality modality) => modality == Modality.Image ? "img_emb" : "text_emb";

    public static string TokensPrefix(Modality modality) => modality == Modality.Image ? "img_tokens" : "text_tokens";

    /// <summary>Lengths lie in the tokens' folder.</summary>
    public static string LengthsPrefix(Modality modality) => modality == Modality.Image ? "img_lengths" : "text_lengths";

    public static string ShardPath(string folder, string prefix, string extension, int number) =>
        Path.Combine(folder, prefix, ShardName(prefix, extension, number));

    public static string LengthsPath(string folder, Modality modality, int number) =>
        Path.Combine(folder, TokensPrefix(modality), ShardName(LengthsPrefix(modality), ".npy", number));

    /// <summary>The shards of one kind in numeric order: img_emb_2 comes before img_emb_10, and zero-padding is allowed.</summary>
    public static string[] Shards(string folder, string prefix, string extension) => Shards(folder, prefix, prefix, extension);

    /// <summary>The lengths of the tokens in numeric order.</summary>
    public static string[] LengthsShards(string folder, Modality modality) => Shards(folder, TokensPrefix(modality), LengthsPrefix(modality), ".npy");

    private static string ShardName(string prefix, string extension, int number) => $"{prefix}_{number.ToString(CultureInfo.InvariantCulture)}{extension}";

    private static string[] Shards(string folder, string placeName, string prefix, string extension)
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
                throw new InputException($"cannot read the feature set '{folder}': '{path}' and '{shards[number]}' both have number {number}; remove one");
        }

        return [.. shards.Values];
    }
}
