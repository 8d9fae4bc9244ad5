using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Data.FeatureSets;

/// <summary>Where the parts of a feature set lie: clip-retrieval's layout.</summary>
internal static class FeatureSetLayout
{
    public static string InfoPath(string folder) => Path.Combine(folder, "features.json");

    public static string Prefix(Modality modality) => modality == Modality.Image ? "img_emb" : "text_emb";

    public static string ShardPath(string folder, string prefix, string extension, int number) =>
        Path.Combine(folder, prefix, $"{prefix}_{number.ToString(CultureInfo.InvariantCulture)}{extension}");

    /// <summary>The shards of one kind in numeric order: img_emb_2 comes before img_emb_10, and zero-padding is allowed.</summary>
    public static string[] Shards(string folder, string prefix, string extension)
    {
        string place = Path.Combine(folder, prefix);
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
