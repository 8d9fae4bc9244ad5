using CsAligner.Cli.Demo;
using CsAligner.Data.Datasets;
using CsAligner.Data.Icons;
using CsAligner.Data.Images;
using CsAligner.Models;

namespace CsAligner.Cli;

/// <summary>What <c>--data</c> names: a folder with images and a captions.tsv, or <c>icons:SPLIT</c>, the demo's icons.</summary>
internal static class CaptionedData
{
    private const string Icons = "icons:";

    /// <summary>The splits of icons by the names that <c>--data</c> takes.</summary>
    private static readonly string[] Splits = ["alignment", "validation", "lucide", "noto", "tabler", "new-names"];

    /// <summary>For the option's help.</summary>
    public static string Description => $"A folder with images and a captions.tsv (path, tab, caption a line), or {Icons}SPLIT with SPLIT one of {string.Join(", ", Splits)}.";

    /// <summary>Opens it; icons that are not in the cache are fetched and drawn.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">A folder, or icons:SPLIT.</param>
    /// <param name="preprocessing">What the model asks of images.</param>
    /// <param name="transparency">What shows where a picture of a folder is transparent.</param>
    /// <param name="allCaptions">Whether icons come with all their captions, not only their names.</param>
    public static CaptionedImages Open(Session session, string data, ImagePreprocessing preprocessing, Transparency transparency = Transparency.White, bool allCaptions = false)
    {
        if (!data.StartsWith(Icons, StringComparison.Ordinal))
        {
            return allCaptions
                ? throw new UsageException($"--captions all is for {Icons}SPLIT; a folder's {CaptionedImages.CaptionsFile} has a line for each caption already")
                : CaptionedImages.Open(data, preprocessing, transparency);
        }

        string split = data[Icons.Length..];
        int size = preprocessing.ImageSize;
        if (!Splits.Contains(split)) throw new UsageException($"--data {data}: the splits of icons are {string.Join(", ", Splits)}");
        if (size is < 8 or > 512) throw new UsageException($"--data {data}: icons are drawn at 8 to 512 pixels a side, the model takes {size}");
        switch (split)
        {
            case "alignment":
                var alignment = IconLoading.Open(session, IconSplit.Alignment, size);
                return CaptionedImages.OfIcons(data, alignment, [.. Enumerable.Range(0, alignment.Count)], alignment, Captions(alignment));
            case "validation":
                var validation = IconLoading.Open(session, IconSplit.Validation, size);
                return CaptionedImages.OfIcons(data, validation, TestIcons.Select(validation, Enumerable.Range(0, validation.Count)), validation, Captions(validation), distinct: true);
            default:
                var tests = TestIcons.Open(session, size);
                var (_, icons, indices) = tests.Selections.Single(s => s.Name.Replace(' ', '-') == split);
                return CaptionedImages.OfIcons(data, icons, indices, tests, Captions(icons), distinct: true);
        }

        IconCaptions? Captions(IconDataset icons) => allCaptions ? IconLoading.Captions(session, icons) : null;
    }
}
