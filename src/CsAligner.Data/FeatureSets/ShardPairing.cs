using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.FeatureSets;

/// <summary>
/// Checks, before rows of two feature sets are paired by their numbers, that their shards are: shard N with shard N, as many rows in
/// each. A shard that is missing would otherwise shift all rows behind it. Files that are no feature sets are left alone.
/// </summary>
public static class ShardPairing
{
    /// <summary>Whether two paths name the same file or folder, however they are written.</summary>
    /// <param name="first">A path.</param>
    /// <param name="second">Another.</param>
    public static bool IsSamePath(string first, string second) => string.Equals(Full(first), Full(second), StringComparison.Ordinal);

    /// <summary>Checks that row i of the images and row i of the texts form a pair.</summary>
    /// <param name="images">A feature set, or a .npy file.</param>
    /// <param name="texts">Another, or the same.</param>
    /// <exception cref="InputException">A shard is missing, or has another number of rows; the files are named.</exception>
    public static void CheckRowForRow(string images, string texts)
    {
        SortedDictionary<long, string> imageShards = Shards(images, Modality.Image), textShards = Shards(texts, Modality.Text);
        if (Directory.Exists(images) && IsSamePath(images, texts))
        {
            FeatureSetLayout.RequireSameNumbers(images, FeatureSetLayout.Prefix(Modality.Image), imageShards,
                FeatureSetLayout.Prefix(Modality.Text), textShards);
        }
        else if (!imageShards.Keys.SequenceEqual(textShards.Keys))
        {
            // Complete sets may be divided differently; their rows are still in the same order.
            CheckComplete(images, Modality.Image);
            CheckComplete(texts, Modality.Text);
            return;
        }

        if (IsCounted(images) && IsCounted(texts)) return;
        foreach ((long number, string path) in imageShards)
        {
            (long rows, long others) = (RowsOf(path), RowsOf(textShards[number]));
            if (rows != others)
                throw new InputException($"cannot pair '{path}' with '{textShards[number]}': {rows} rows and {others}; the numbers of "
                    + "rows must be equal: get the files again, or give the pairs");
        }
    }

    /// <summary>Checks that no shard is missing between others, where nothing else says how many rows there are:
    /// row numbers count over all.</summary>
    /// <param name="path">A feature set, or a .npy file.</param>
    /// <param name="modality">Which rows.</param>
    /// <exception cref="InputException">One is missing; it is named.</exception>
    public static void CheckComplete(string path, Modality modality)
    {
        if (!Directory.Exists(path) || IsCounted(path)) return;
        var shards = Shards(path, modality);
        foreach ((long number, long next) in shards.Keys.Zip(shards.Keys.Skip(1)))
        {
            if (next != number + 1)
                throw new InputException(
                    $"cannot pair rows of '{path}': it has '{Path.GetFileName(shards[number])}' and '{Path.GetFileName(shards[next])}', "
                        + $"but no shard {number + 1} between them; rows are numbered across all shards: get it again, or renumber the "
                        + "files anew");
        }
    }

    private static SortedDictionary<long, string> Shards(string folder, Modality modality) =>
        FeatureSetLayout.Numbered(folder, FeatureSetLayout.Prefix(modality), ".npy");

    // Readers then compare the number of rows with it.
    private static bool IsCounted(string folder) => File.Exists(FeatureSetLayout.InfoPath(folder));

    private static long RowsOf(string path)
    {
        using NpyReader reader = NpyReader.Open(path);
        return reader.Rows;
    }

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
