using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Data.Disk;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.FeatureSets;

/// <summary>
/// A folder of features in clip-retrieval's layout: <c>img_emb/img_emb_N.npy</c>, <c>text_emb/text_emb_N.npy</c>,
/// <c>metadata/metadata_N.jsonl</c> and, where csalign wrote it, <c>features.json</c>. Shards are taken in numeric
/// order. Rows are read with <see cref="FeatureFile"/>.
/// </summary>
public sealed class FeatureSet
{
    /// <summary>The file of a set that says for each text row the row of its image (int64); a set without it is paired row for row,
    /// or not at all.</summary>
    public const string PairsFile = "pairs.npy";

    private FeatureSet(string folder, FeatureSetInfo? info) => (Folder, Info) = (folder, info);

    /// <summary>The folder as it was given.</summary>
    public string Folder { get; }

    /// <summary>The contents of features.json; null if there is none.</summary>
    public FeatureSetInfo? Info { get; }

    /// <summary>Whether a path is a folder in this layout, and not one of pictures: it has features.json, img_emb or text_emb.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsAt(string path) => File.Exists(FeatureSetLayout.InfoPath(path))
        || Enum.GetValues<Modality>().Any(modality => Directory.Exists(Path.Combine(path, FeatureSetLayout.Prefix(modality))));

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">It is missing or holds no shards.</exception>
    public static FeatureSet Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"cannot read the feature set '{folder}': there is no such folder; check the path");
        string infoPath = FeatureSetLayout.InfoPath(folder);
        FeatureSetInfo? info = File.Exists(infoPath) ? FeatureSetInfo.Read(infoPath) : null;
        var set = new FeatureSet(folder, info);
        if (set.Shards(Modality.Image).Count == 0 && set.Shards(Modality.Text).Count == 0)
            throw new InputException($"cannot read the feature set '{folder}': it has neither img_emb/img_emb_N.npy nor "
                + "text_emb/text_emb_N.npy; give a .npy file or such a folder");
        return set;
    }

    /// <summary>The shards of a modality in numeric order; empty when the set has none.</summary>
    public IReadOnlyList<string> Shards(Modality modality) =>
        FeatureSetLayout.Shards(Folder, FeatureSetLayout.Prefix(modality), ".npy");

    /// <summary>The image row of each text row; null if the set has no pairs.npy.</summary>
    /// <exception cref="InputException">pairs.npy is damaged.</exception>
    public long[]? ReadPairs() => PairsPath(Folder) is { } path ? Npy.ReadInt64(path) : null;

    /// <summary>The path of a feature set's pairs; null for a path that is not a folder or has no pairs.</summary>
    /// <param name="path">A feature-set folder, or any other path.</param>
    public static string? PairsPath(string path) => FeatureSetLayout.PairsPath(path) is var pairs && File.Exists(pairs) ? pairs : null;

    /// <summary>The metadata, one object per row, in order of the shards; empty if there are none.</summary>
    /// <param name="rowForRow">Whether each file must have an object for each row of the features of its number.</param>
    /// <exception cref="InputException">A line is not a JSON object, or the rows are not those of the features;
    /// file and line are named.</exception>
    public IEnumerable<JsonObject> ReadMetadata(bool rowForRow = false)
    {
        var metadata = FeatureSetLayout.Numbered(Folder, "metadata", ".jsonl");
        // They describe the images, if there are any.
        string kind = FeatureSetLayout.Prefix(Shards(Modality.Image).Count > 0 ? Modality.Image : Modality.Text);
        var shards = FeatureSetLayout.Numbered(Folder, kind, ".npy");
        if (rowForRow && metadata.Count > 0)
            FeatureSetLayout.RequireSameNumbers(Folder, kind, shards, "metadata", metadata);
        foreach ((long number, string path) in metadata)
        {
            long count = 0;
            using var lines = new LineReader(path);
            while (lines.TryRead(out string line))
            {
                if (lines.Problem is { } problem)
                    throw new InputException($"cannot read '{path}': line {lines.Number} {problem}");
                if (string.IsNullOrWhiteSpace(line))
                    continue;
                count++;
                yield return ParseLine(path, lines.Number, line);
            }

            if (!rowForRow)
                continue;
            using NpyReader rows = NpyReader.Open(shards[number]);
            if (rows.Rows != count)
                throw new InputException(
                    $"cannot read '{path}': it has {count} rows, '{shards[number]}' has {rows.Rows}; the numbers of rows must be equal");
        }
    }

    private static JsonObject ParseLine(string path, int number, string line)
    {
        try
        {
            using JsonDocument document = LenientJson.Parse(line, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return JsonObject.Create(document.RootElement.Clone())!;
        }
        catch (JsonException failure)
        {
            throw new InputException($"cannot read '{path}': line {number} is not valid JSON ({failure.Message})", failure);
        }

        throw new InputException($"cannot read '{path}': line {number} is not a JSON object");
    }
}
