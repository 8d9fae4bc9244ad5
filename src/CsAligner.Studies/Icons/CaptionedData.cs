using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Pictures;
using CsAligner.Models;
using CsAligner.Studies.Sessions;

namespace CsAligner.Studies.Icons;

/// <summary>What <c>--data</c> names: a data set as <see cref="Dataset"/> opens it, or one that is known by name.</summary>
internal static class CaptionedData
{
    /// <summary>The data sets that are known by name.</summary>
    public static IReadOnlyList<INamedData> Named { get; } = [new NamedIcons(), .. PictureSets.All.Select(set => new NamedPictures(set))];

    /// <summary>For the option's help.</summary>
    public static string Description => $"{Dataset.Description}, {string.Join(", ", Named.Select(named => named.Name))}";

    /// <summary>What a name begins with, where it is that of a data set known by name; null for a path.</summary>
    /// <param name="data">The name.</param>
    public static INamedData? Find(string data)
    {
        int end = data.IndexOfAny([':', '@']);
        string name = end < 0 ? data : data[..end];
        return Named.FirstOrDefault(named => named.Name == name && (named.IsWhole || (end > 0 && data[end] == ':')));
    }

    /// <summary>Opens it for training, all in memory but the images; what is not in the cache is fetched and drawn.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">A data set's name.</param>
    /// <param name="preprocessing">The preprocessing of the model.</param>
    /// <param name="allCaptions">Whether pictures known by name come with all their captions, not only their names.</param>
    public static CaptionedImages Open(IStudySession session, string data, ImagePreprocessing preprocessing, bool allCaptions = false) =>
        CaptionedImages.Of(OpenSource(session, data, preprocessing.ImageSize, allCaptions), new ImagePixels(preprocessing));

    /// <summary>Opens it as a stream.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">A data set's name.</param>
    /// <param name="size">The side of the model's images in pixels.</param>
    /// <param name="allCaptions">Whether pictures known by name come with all their captions, not only their names.</param>
    /// <param name="imageFolder">Where the images are; null: where the format expects them.</param>
    public static SampleSource OpenSource(IStudySession session, string data, int size, bool allCaptions = false,
        string? imageFolder = null)
    {
        if (Find(data) is not { } named)
        {
            return allCaptions
                ? throw new UsageException($"--captions all is for {string.Join(", ", Named.Select(known => known.Usage))}; "
                    + "other data sets come with all their captions")
                : Dataset.Open(data, imageFolder);
        }

        named.Check("--data", data);
        if (size is < 8 or > 512)
            throw new UsageException($"--data {data}: its pictures are drawn at 8 to 512 pixels, but the model takes {size}");
        return named.Open(session, new NamedDataRequest(data, size, allCaptions, imageFolder));
    }
}
