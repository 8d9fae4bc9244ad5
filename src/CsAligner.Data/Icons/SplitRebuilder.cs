using System.Text;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Icons;

/// <summary>
/// Makes all splits and writes what the repository keeps of them: <c>seen-captions.bin</c>, which is part of this
/// assembly, and <c>icon-sets.md</c>, the table of sets, counts and licences.
/// </summary>
public static class SplitRebuilder
{
    /// <summary>Builds every split, the pretraining one included, and writes both files into a folder.</summary>
    /// <param name="folder">Made where it does not exist.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops it; rendered pictures stay in the cache.</param>
    /// <returns>The number of icons in each split.</returns>
    /// <exception cref="InputException">As for <see cref="IconDataset.BuildAsync"/>; or the folder cannot be written.</exception>
    public static async Task<IReadOnlyDictionary<IconSplit, int>> RebuildAsync(string folder, IProgress<IconProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<IconSplit, int>();
        var text = new StringBuilder(Opening);
        AtomicFile.CreateFolder(folder);
        foreach (IconSplit split in (IconSplit[])[IconSplit.Pretraining, IconSplit.Alignment, IconSplit.Validation, IconSplit.Test,
            IconSplit.NewNames])
        {
            using IconDataset dataset = await IconDataset.BuildAsync(split, 64, progress, cancellationToken);
            counts[split] = dataset.Count;
            Describe(text, dataset);
            if (split == IconSplit.Pretraining)
                AtomicFile.WriteAllBytes(Path.Combine(folder, "seen-captions.bin"), SeenCaptions.Of(dataset).ToBytes());
        }

        text.Append("\n## Not used\n\n| set | licence | why |\n|---|---|---|\n");
        foreach (IconSource set in IconManifest.Default.Of(IconRole.Excluded))
            text.Append($"| {set.Set} | {set.Licence} | {set.Reason} |\n");
        AtomicFile.WriteAllText(Path.Combine(folder, "icon-sets.md"), text.ToString());
        return counts;
    }

    private const string Opening = """
        # The icon sets

        Made by `csalign fetch icons --rebuild-splits docs` from src/CsAligner.Data/Icons/icon-splits.json, which holds
        the decisions, the pinned versions and their hashes. A split consists of whole sets, and related sets stay together. An icon
        is excluded from pretraining, alignment and validation if one of its names is held out for the test on new names
        (5% of all names, by hash), or if its 64 x 64 picture has a cosine above 0.97 with a test icon's.

        """;

    private static void Describe(StringBuilder text, IconDataset dataset)
    {
        Dictionary<string, int> near = dataset.DroppedNearDuplicates.GroupBy(n => n[..n.IndexOf(':', StringComparison.Ordinal)])
            .ToDictionary(g => g.Key, g => g.Count());
        List<IconEntry> entries = [.. Enumerable.Range(0, dataset.Count).Select(i => dataset[i])];
        Dictionary<string, int> used = entries.GroupBy(e => e.Set).ToDictionary(g => g.Key, g => g.Count());
        int captions = entries.Select(e => e.Caption).Distinct(StringComparer.Ordinal).Count();
        text.Append($"\n## {dataset.Split}: {dataset.Count} icons\n\n{captions} different "
            + $"captions, {entries.Count(e => e.IsColoured)} icons with colours. ");
        text.Append($"Left out: {dataset.DroppedNewNames} by "
            + $"name, {dataset.DroppedNearDuplicates.Count} near-duplicates, {dataset.Broken.Count} broken or blank.\n\n");
        text.Append("| set | icons | near-duplicates left out | licence | author | package |\n|---|---:|---:|---|---|---|\n");
        foreach (IconSource set in dataset.Sets)
        {
            string title = set.Url.Length > 0 ? $"[{set.Set}]({set.Url})" : set.Set;
            text.Append($"| {title} | {used.GetValueOrDefault(set.Set)} | {near.GetValueOrDefault(set.Set)} | {set.Licence} | "
                + $"{set.Author.Replace("|", "\\|", StringComparison.Ordinal)} | {set.Package!.Name} {set.Package.Version} |\n");
        }
    }
}
