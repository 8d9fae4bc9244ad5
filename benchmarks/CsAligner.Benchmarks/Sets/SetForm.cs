using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;

namespace CsAligner.Benchmarks.Sets;

/// <summary>A kind of data set that is generated and read: what it is called, what writes it, and what is read of each sample.</summary>
/// <param name="Name">Short, for the command line and the table.</param>
/// <param name="Load">What a pass reads of each sample.</param>
/// <param name="Write">Writes so many captions (or rows) into a folder and returns the data set's name.</param>
/// <param name="CaptionsOfSample">Captions of each sample.</param>
internal sealed record SetForm(string Name, SampleParts Load, Func<string, int, string> Write, int CaptionsOfSample = 1)
{
    /// <summary>Every reader that <see cref="Dataset.Open"/> knows and that grows with its files.</summary>
    public static IReadOnlyList<SetForm> All { get; } =
    [
        new("TSV", SampleParts.Captions, ListSets.WriteTsv),
        new("captions.txt", SampleParts.Captions, ListSets.WriteText),
        new("CSV", SampleParts.Captions, ListSets.WriteCsv),
        new("JSON lines", SampleParts.Captions, ListSets.WriteJsonLines),
        new("COCO JSON", SampleParts.Captions, ListSets.WriteCoco),
        new("Karpathy JSON", SampleParts.Captions, ListSets.WriteKarpathy, ListSets.CaptionsOfKarpathy),
        new("tar shards", SampleParts.Image | SampleParts.Captions, BinarySets.WriteTars),
        new("clip-retrieval, parquet", SampleParts.Captions | SampleParts.Features, BinarySets.WriteParquet),
        new("clip-retrieval, JSON lines", SampleParts.Captions | SampleParts.Features, BinarySets.WriteMetadataLines),
        new("npy", SampleParts.Features, BinarySets.WriteNpy),
        new("safetensors", SampleParts.Features, BinarySets.WriteSafeTensors),
    ];

    /// <summary>A caption as people write them, with its number.</summary>
    public static string Caption(int number) =>
        $"a photo of {(number % 3 == 0 ? "a small" : "the old")} {Things[number % Things.Length]} beside "
            + $"{Things[number / 7 % Things.Length]} {number}";

    /// <summary>A path as data sets have them.</summary>
    public static string Image(int number) => $"images/{number / 1000:D5}/{number:D9}.jpg";

    private static readonly string[] Things =
        ["house", "dog", "red bicycle", "street lamp", "man with a hat", "boat on a lake", "kitchen table", "tree"];
}
