using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Models;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Icons;

/// <summary>What <c>--data</c> names: a data set as <see cref="Dataset"/> opens it, or <c>icons:SPLIT</c>, the demo's icons.</summary>
internal static class CaptionedData
{
    /// <summary>The prefix of an icon split's name.</summary>
    public const string Prefix = "icons";

    private const string Icons = Prefix + ":";

    /// <summary>The splits of icons by the names that <c>--data</c> takes.</summary>
    private static readonly string[] Splits = ["alignment", "validation", "lucide", "noto", "tabler", "new-names"];

    /// <summary>For the option's help.</summary>
    public static string Description => $"{Dataset.Description}, or {Icons}SPLIT";

    /// <summary>Refuses a name that is not an icon split.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="split">The part after the colon.</param>
    public static void CheckSplit(string option, string split)
    {
        if (Splits.Contains(split)) return;
        throw new UsageException(
            $"{option} {Icons}{split}: the icon splits are {string.Join(", ", Splits)}{Suggestion.End(split, Splits)}");
    }

    /// <summary>Opens it for training, all in memory but the images; icons that are not in the cache are fetched and drawn.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">A data set's name, or icons:SPLIT.</param>
    /// <param name="preprocessing">The preprocessing of the model.</param>
    /// <param name="allCaptions">Whether icons come with all their captions, not only their names.</param>
    public static CaptionedImages Open(IStudySession session, string data, ImagePreprocessing preprocessing, bool allCaptions = false) =>
        CaptionedImages.Of(OpenSource(session, data, preprocessing.ImageSize, allCaptions), new ImagePixels(preprocessing));

    /// <summary>Opens it as a stream.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">A data set's name, or icons:SPLIT.</param>
    /// <param name="size">The side of the model's images in pixels.</param>
    /// <param name="allCaptions">Whether icons come with all their captions, not only their names.</param>
    /// <param name="imageFolder">Where the images of a list are; null: beside it.</param>
    public static SampleSource OpenSource(IStudySession session, string data, int size, bool allCaptions = false,
        string? imageFolder = null)
    {
        if (!data.StartsWith(Icons, StringComparison.Ordinal))
        {
            return allCaptions
                ? throw new UsageException(
                    $"--captions all is for {Icons}SPLIT; a folder's captions.tsv already has a line for each caption")
                : Dataset.Open(data, imageFolder);
        }

        string split = data[Icons.Length..];
        CheckSplit("--data", split);
        if (size is < 8 or > 512)
            throw new UsageException($"--data {data}: icons are rendered at 8 to 512 pixels, but the model takes {size}");
        switch (split)
        {
            case "alignment":
                var alignment = IconDatasetLoader.Open(session, IconSplit.Alignment, size);
                return new IconSamples(data, split, alignment, [.. Enumerable.Range(0, alignment.Count)], alignment, Captions(alignment));
            case "validation":
                var validation = IconDatasetLoader.Open(session, IconSplit.Validation, size);
                return new IconSamples(data, split, validation, IconTestSets.Select(validation, Enumerable.Range(0, validation.Count)),
                    validation, Captions(validation), distinct: true);
            default:
                var tests = IconTestSets.Open(session, size);
                var (_, icons, indices) = tests.Selections.Single(s => s.Name.Replace(' ', '-') == split);
                return new IconSamples(data, split, icons, indices, tests, Captions(icons), distinct: true);
        }

        IconCaptions? Captions(IconDataset icons) => allCaptions ? IconDatasetLoader.Captions(session, icons) : null;
    }
}
