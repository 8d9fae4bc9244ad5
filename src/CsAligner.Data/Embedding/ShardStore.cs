using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Embedding;

/// <summary>
/// Where the shards of a run are until all are there: <c>.embedding</c> in the set's folder, a feature set for each. A shard is
/// finished when it has its features.json, which is written last.
/// </summary>
internal sealed class ShardStore(string folder)
{
    private const string SamplesFile = "samples.json";

    /// <summary>The folder of the unfinished work.</summary>
    public string Work { get; } = Path.Combine(folder, ".embedding");

    // Renamed before it is removed: half of a work folder must not pass for one.
    private string Finished => Work + "-done";

    public string FolderOf(EmbeddingShard shard) => Path.Combine(Work, shard.Name);

    public string LogOf(EmbeddingShard shard) => Path.Combine(FolderOf(shard), BadSamples.LogFile);

    public bool IsFinished(EmbeddingShard shard) => File.Exists(FeatureSetLayout.InfoPath(FolderOf(shard)));

    public void CleanUp()
    {
        if (Directory.Exists(Finished)) Directory.Delete(Finished, recursive: true);
    }

    public void Remove()
    {
        CleanUp();
        Directory.Move(Work, Finished);
        Directory.Delete(Finished, recursive: true);
    }

    public void WriteCounts(EmbeddingShard shard, long samples, long bad) =>
        AtomicFile.WriteAllText(Path.Combine(FolderOf(shard), SamplesFile),
            new JsonObject { ["samples"] = samples, ["bad"] = bad }.ToJsonString());

    public (long Samples, long Bad) ReadCounts(EmbeddingShard shard)
    {
        string path = Path.Combine(FolderOf(shard), SamplesFile);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return (document.RootElement.GetProperty("samples").GetInt64(), document.RootElement.GetProperty("bad").GetInt64());
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or IOException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}; remove '{FolderOf(shard)}' to compute the shard again",
                failure);
        }
    }

    /// <summary>The totals over all finished shards.</summary>
    public EmbeddingTotals Total(IEnumerable<EmbeddingShard> shards)
    {
        var total = new EmbeddingTotals(0, 0, 0, 0, 0, 0, false);
        foreach (var shard in shards)
        {
            var info = FeatureSetInfo.Read(FeatureSetLayout.InfoPath(FolderOf(shard)));
            (long samples, long bad) = ReadCounts(shard);
            total = new EmbeddingTotals(
                total.Samples + samples,
                total.Bad + bad,
                total.Images + info.ImageCount,
                total.Texts + info.TextCount,
                total.ImageTokens + Tokens(shard, Modality.Image),
                total.TextTokens + Tokens(shard, Modality.Text),
                total.HasPairs || File.Exists(FeatureSetLayout.PairsPath(FolderOf(shard))));
        }

        return total;
    }

    private long Tokens(EmbeddingShard shard, Modality modality)
    {
        string place = FeatureSetLayout.TokensPrefix(modality), path = FeatureSetLayout.ShardPath(FolderOf(shard), place, ".npy", 0);
        if (!File.Exists(path)) path = FeatureSetLayout.ShardPath(folder, place, ".npy", shard.Number);
        if (!File.Exists(path)) return 0;
        using NpyReader tokens = NpyReader.Open(path);
        return tokens.Rows;
    }
}
