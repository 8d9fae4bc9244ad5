using System.Globalization;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Datasets.Features;

/// <summary>
/// Features that are stored already: a folder of clip-retrieval (img_emb, text_emb, metadata as parquet or JSON lines), a .npy matrix,
/// a matrix of .safetensors. Rows are read where they lie, as they are stored; a part is a block of <see cref="BlockRows"/> rows, of
/// which keys and captions are in memory while its samples are.
/// </summary>
public sealed class FeatureSamples : SampleSource
{
    /// <summary>Rows of a part.</summary>
    public const int BlockRows = 16_384;

    private readonly List<Shard> _shards = [];
    private readonly List<(Shard Shard, long First, int Rows)> _blocks = [];

    private FeatureSamples(string name) => Name = name;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool HasImages => false;

    /// <inheritdoc/>
    public override bool HasCaptions => _shards.All(shard => shard.Metadata is not null);

    /// <inheritdoc/>
    public override int Parts => _blocks.Count;

    /// <inheritdoc/>
    public override long Count => _blocks.Sum(block => (long)block.Rows);

    /// <inheritdoc/>
    public override string Fingerprint =>
        field ??= "features "
            + string.Join(' ', _shards.Select(shard => $"{shard.Name}:{shard.Rows}x{shard.Images?.Width}x{shard.Texts?.Width}"));

    /// <summary>Opens a folder of clip-retrieval.</summary>
    /// <param name="name">The data set as it was named.</param>
    /// <param name="folder">Holds img_emb or text_emb, and maybe metadata.</param>
    /// <exception cref="InputException">Shards do not fit each other, or cannot be read.</exception>
    public static FeatureSamples OpenFolder(string name, string folder)
    {
        (string imageKind, string textKind) = (FeatureSetLayout.Prefix(Modality.Image), FeatureSetLayout.Prefix(Modality.Text));
        SortedDictionary<long, string> images = FeatureSetLayout.Numbered(folder, imageKind, ".npy"),
            texts = FeatureSetLayout.Numbered(folder, textKind, ".npy");
        SortedDictionary<long, string> parquet = FeatureSetLayout.Numbered(folder, "metadata", ".parquet"),
            lines = FeatureSetLayout.Numbered(folder, "metadata", ".jsonl");
        if (parquet.Count > 0 && lines.Count > 0)
            throw new InputException($"cannot read '{folder}': it has metadata as parquet and as JSON lines ('{parquet.Values.First()}', "
                + $"'{lines.Values.First()}'); remove those that do not belong to its features");
        var metadata = parquet.Count > 0 ? parquet : lines;
        // In a set with several captions per image, texts have separate rows; the images are the samples.
        if (images.Count > 0 && File.Exists(FeatureSetLayout.PairsPath(folder))) texts = [];
        (string kind, var shards) = images.Count > 0 ? (imageKind, images) : (textKind, texts);
        if (shards.Count == 0) throw new InputException($"cannot read '{folder}': it has neither {imageKind}_N.npy nor {textKind}_N.npy");
        if (texts.Count > 0) FeatureSetLayout.RequireSameNumbers(folder, kind, shards, textKind, texts);
        if (metadata.Count > 0) FeatureSetLayout.RequireSameNumbers(folder, kind, shards, "metadata", metadata);
        var samples = new FeatureSamples(name);
        try
        {
            foreach (long number in shards.Keys) samples.Add(Open(images, number), Open(texts, number), metadata.GetValueOrDefault(number));
            samples.CheckCount(folder, images.Count > 0);
            return samples;
        }
        catch
        {
            samples.Dispose();
            throw;
        }
    }

    private static FeatureMatrix? Open(SortedDictionary<long, string> shards, long number) =>
        shards.TryGetValue(number, out string? path) ? FeatureMatrix.Open(path) : null;

    /// <summary>Opens a matrix.</summary>
    /// <param name="name">The data set as it was named.</param>
    /// <param name="path">.npy or .safetensors.</param>
    /// <param name="tensor">The tensor of a .safetensors file; may be null if the file has only one matrix.</param>
    /// <exception cref="InputException">It cannot be read, or is no matrix.</exception>
    public static FeatureSamples OpenFile(string name, string path, string? tensor = null)
    {
        var samples = new FeatureSamples(name);
        samples.Add(FeatureMatrix.Open(path, tensor), null, null);
        return samples;
    }

    /// <inheritdoc/>
    public override int PartsFor(int samples) => Math.Max(1, samples / BlockRows);

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part)
    {
        (Shard shard, long first, int rows) = _blocks[part];
        var metadata = shard.Metadata?.ReadBlock(first);
        for (int row = 0; row < rows; row++)
        {
            yield return new Entry(shard, first + row, metadata is not null && row < metadata.Length ? metadata[row] : default);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (Shard shard in disposing ? _shards : [])
        {
            shard.Images?.Dispose();
            shard.Texts?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void CheckCount(string folder, bool ofImages)
    {
        string path = FeatureSetLayout.InfoPath(folder);
        if (!File.Exists(path)) return;
        FeatureSetInfo info = FeatureSetInfo.Read(path);
        long expected = ofImages ? info.ImageCount : info.TextCount;
        if (Count != expected)
            throw new InputException($"cannot read '{folder}': features.json says {expected} rows, its shards have {Count}; a shard is "
                + "missing or was added");
    }

    private void Add(FeatureMatrix? images, FeatureMatrix? texts, string? metadata)
    {
        FeatureMatrix any = images ?? texts!;
        var shard = new Shard(Path.GetFileName(any.Path), images, texts, metadata is null ? null : new MetadataFile(metadata, BlockRows));
        _shards.Add(shard);
        if (texts is not null && texts.Rows != any.Rows)
            throw new InputException(
                $"cannot read '{texts.Path}': it has {texts.Rows} rows, '{any.Path}' has {any.Rows}; the numbers of rows must be equal");
        if (shard.Metadata?.Rows is { } rows && rows != any.Rows)
            throw new InputException($"cannot read '{metadata}': it has {rows} rows, '{any.Path}' has {any.Rows}; the numbers of rows "
                + "must be equal");
        for (long first = 0; first < any.Rows; first += BlockRows) _blocks.Add((shard, first, (int)Math.Min(BlockRows, any.Rows - first)));
    }

    private sealed record Shard(string Name, FeatureMatrix? Images, FeatureMatrix? Texts, MetadataFile? Metadata)
    {
        public long Rows => (Images ?? Texts)!.Rows;
    }

    private sealed class Entry(Shard shard, long row, MetadataRow metadata) : SampleEntry
    {
        public override string Key => metadata.Key ?? row.ToString(CultureInfo.InvariantCulture);

        public override string Id => $"{shard.Name}:{row.ToString(CultureInfo.InvariantCulture)}";

        public override void Check(SampleParts parts)
        {
            if (parts.HasFlag(SampleParts.Image))
                throw new InputException($"cannot read an image of row {row} of '{shard.Name}': feature files have no images");
            if (parts.HasFlag(SampleParts.Captions) && shard.Metadata is not null && string.IsNullOrWhiteSpace(metadata.Caption))
                throw new InputException($"cannot read a caption of row {row} of '{shard.Name}': its metadata have "
                    + $"none{(metadata.Problem is { } problem ? $"; {problem}" : "")}");
        }

        public override Sample Load(SampleParts parts)
        {
            Check(parts);
            return new Sample(Key)
            {
                Shard = shard.Name,
                Captions = parts.HasFlag(SampleParts.Captions) && metadata.Caption is { } caption
                    ? [caption.ReplaceLineEndings(" ").Trim()]
                    : [],
                ImageFeatures = parts.HasFlag(SampleParts.Features) ? shard.Images?.Read(row) : null,
                TextFeatures = parts.HasFlag(SampleParts.Features) ? shard.Texts?.Read(row) : null,
            };
        }
    }
}
