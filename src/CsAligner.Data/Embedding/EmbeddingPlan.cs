using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Embedding;

/// <summary>
/// How the work is cut into shards, which depends on the data set and the options alone: every process that is given the same ones
/// cuts alike, and finds what others have finished.
/// </summary>
internal sealed class EmbeddingPlan
{
    private const string FileName = "plan.json";

    private readonly string _json;

    public EmbeddingPlan(EmbeddingEncoders encoders, SampleSource? images, SampleSource? texts, EmbeddingOptions options)
    {
        bool paired = images is not null && ReferenceEquals(images, texts);
        var shards = new List<EmbeddingShard>();
        if (images is not null)
        {
            // If the data set has both, a sample must have both, even if the encoders take only one.
            SampleParts needed =
                SampleParts.Image | (images.HasCaptions && (paired || texts is null) ? SampleParts.Captions : SampleParts.None);
            shards.AddRange(Cut(paired ? "samples" : "images", images, true, paired, needed, true, options.ShardRows));
        }

        if (texts is not null && !paired)
        {
            SampleParts needed = SampleParts.Captions | (images is null && texts.HasImages ? SampleParts.Image : SampleParts.None);
            shards.AddRange(Cut("texts", texts, false, true, needed, images is null, options.ShardRows));
        }

        Shards = shards;
        _json = new JsonObject
        {
            ["model"] = encoders.Name,
            ["model_files"] = encoders.Fingerprint,
            ["images"] = images?.Fingerprint,
            ["texts"] = texts?.Fingerprint,
            ["dtype"] = options.Type.ToString(),
            ["tokens"] = options.Tokens,
            ["batch_size"] = options.BatchSize,
            ["shard_rows"] = options.ShardRows,
            ["transparency"] = options.Transparency.ToString(),
            ["skipped"] = options.Skipped.Count == 0
                ? null
                : Convert.ToHexStringLower(
                    SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', options.Skipped.Order(StringComparer.Ordinal))))),
        }.ToJsonString();
    }

    public IReadOnlyList<EmbeddingShard> Shards { get; }

    /// <summary>Makes the folder for the work, or makes sure that the work begun there is this one.</summary>
    public void Begin(string folder, string work)
    {
        string path = Path.Combine(work, FileName);
        AtomicFile.CreateFolder(work);
        if (!File.Exists(path))
        {
            AtomicFile.WriteAllText(path, _json);
            return;
        }

        string begun = File.ReadAllText(path);
        if (begun == _json) return;
        throw new InputException($"cannot embed into '{folder}': it has unfinished work of another run, which differs "
            + $"in {Differences(begun)}; finish it with its own options, or remove '{work}'");
    }

    private string Differences(string begun)
    {
        try
        {
            JsonObject theirs = JsonNode.Parse(begun)!.AsObject(), ours = JsonNode.Parse(_json)!.AsObject();
            return string.Join(", ", ours.Select(p => p.Key).Where(key => theirs[key]?.ToJsonString() != ours[key]?.ToJsonString()));
        }
        catch (Exception failure) when (failure is System.Text.Json.JsonException or InvalidOperationException)
        {
            return "all";
        }
    }

    private static IEnumerable<EmbeddingShard> Cut(string kind, SampleSource source, bool images, bool texts, SampleParts needed,
        bool metadata, int rows)
    {
        int parts = source.PartsFor(rows);
        for (int first = 0, number = 0; first < source.Parts; first += parts, number++)
            yield return new EmbeddingShard($"{kind}-{number:D6}", number, source, images, texts, needed, metadata, first,
                Math.Min(parts, source.Parts - first));
    }
}
