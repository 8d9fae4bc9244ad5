using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.FeatureSets;

/// <summary>
/// Writes a feature set, row by row and in shards. An older set in the same folder stays as it is until
/// <see cref="Commit"/>, which puts the new shards in place, removes what is left of the old ones and writes
/// features.json last. Disposed without a commit, nothing has changed, and a folder that was not there is gone again.
/// </summary>
public sealed class FeatureSetWriter : IDisposable
{
    /// <summary>Rows in a shard unless another number is given.</summary>
    public const int DefaultShardRows = 1_000_000;

    private readonly string _folder;
    private readonly int _shardRows;
    private readonly ElementType _type;
    private readonly List<NpyWriter>[] _features = [[], []];
    private readonly List<AtomicFile> _metadata = [];
    private readonly List<NpyWriter>[] _tokens = [[], []];
    private readonly List<List<int>>[] _lengths = [[], []];
    private readonly List<CreatedFolders> _made = [];
    private readonly bool _isNew;
    private readonly long[] _rows = [0, 0];
    private long[]? _pairs;
    private long _metadataRows;

    /// <summary>Begins a set in a folder, which is created when it is missing.</summary>
    /// <param name="folder">The folder of the set.</param>
    /// <param name="type">Float16 (as clip-retrieval has it) or Float32.</param>
    /// <param name="shardRows">Rows in a shard, at least 1.</param>
    public FeatureSetWriter(string folder, ElementType type = ElementType.Float16, int shardRows = DefaultShardRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardRows, 1);
        (_folder, _type, _shardRows) = (folder, type, shardRows);
        _isNew = !Directory.Exists(folder)
            || Directory.EnumerateFileSystemEntries(folder).All(path => Path.GetFileName(path) == OutputLock.FileName);
        _made.Add(CreatedFolders.Create(folder));
        AtomicFile.CleanFolder(folder);
    }

    /// <summary>Appends rows of a modality.</summary>
    /// <param name="modality">Image or text.</param>
    /// <param name="rows">Whole rows, row-major.</param>
    /// <param name="width">Values in a row; the same in every call for a modality.</param>
    /// <exception cref="InputException">A value is not finite, or too large for the type; file and row are named.</exception>
    public void WriteRows(Modality modality, ReadOnlySpan<float> rows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        List<NpyWriter> shards = _features[(int)modality];
        if (rows.Length % width != 0 || (shards.Count > 0 && shards[0].Width != width))
            throw new ArgumentException($"{rows.Length} values are not whole rows of the width {width} that the set has", nameof(rows));
        int bad = rows.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (bad >= 0)
            throw new InputException(
                $"cannot write {FeatureSetLayout.Prefix(modality)} of '{_folder}': row {_rows[(int)modality] + (bad / width)}, "
                    + $"column {bad % width} is {rows[bad]}; expected finite values: the encoder or adapter that made them "
                    + "is damaged");
        _rows[(int)modality] += rows.Length / width;
        while (rows.Length > 0)
        {
            if (shards.Count == 0 || shards[^1].Rows == _shardRows)
                shards.Add(NpyWriter.Create(NewShard(FeatureSetLayout.Prefix(modality), ".npy", shards.Count), _type, width));
            int count = (int)Math.Min(rows.Length, (_shardRows - shards[^1].Rows) * width);
            shards[^1].WriteRows(rows[..count]);
            rows = rows[count..];
        }
    }

    /// <summary>Appends the tokens of some rows, as many shards of them as of the rows themselves: after all,
    /// every row has its tokens.</summary>
    /// <param name="modality">Image or text.</param>
    /// <param name="tokens">All tokens of the rows, one row's after the other's; written as float16.</param>
    /// <param name="width">Values in a token; the same in every call for a modality.</param>
    /// <param name="lengths">For each row how many tokens it has, 1 or more.</param>
    public void WriteTokens(Modality modality, ReadOnlySpan<float> tokens, int width, ReadOnlySpan<int> lengths)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        List<NpyWriter> shards = _tokens[(int)modality];
        List<List<int>> counts = _lengths[(int)modality];
        foreach (int length in lengths)
        {
            if (length < 1 || tokens.Length < (long)length * width || (shards.Count > 0 && shards[0].Width != width))
                throw new ArgumentException(
                    $"a row of {length} tokens of {width} values does not fit the set or the {tokens.Length} values left", nameof(lengths));
            if (shards.Count == 0 || counts[^1].Count == _shardRows)
            {
                shards.Add(NpyWriter.Create(NewShard(FeatureSetLayout.TokensPrefix(modality), ".npy", shards.Count),
                    ElementType.Float16, width));
                counts.Add([]);
            }

            shards[^1].WriteRows(tokens[..(length * width)]);
            counts[^1].Add(length);
            tokens = tokens[(length * width)..];
        }

        if (!tokens.IsEmpty)
            throw new ArgumentException($"{tokens.Length} values belong to no row", nameof(tokens));
    }

    /// <summary>Sets what becomes pairs.npy; without it the set has none, and texts belong to the images of the same row.</summary>
    /// <param name="imageOfText">For each text row the row of its image.</param>
    public void SetPairs(ReadOnlySpan<long> imageOfText) => _pairs = imageOfText.ToArray();

    /// <summary>Appends the metadata of one row.</summary>
    public void WriteMetadata(JsonObject row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (_metadataRows++ % _shardRows == 0)
            _metadata.Add(AtomicFile.Create(NewShard("metadata", ".jsonl", _metadata.Count)));
        using (var json = new Utf8JsonWriter(_metadata[^1].Stream))
            row.WriteTo(json);
        _metadata[^1].Stream.WriteByte((byte)'\n');
    }

    /// <summary>Puts the set in its place.</summary>
    /// <param name="encoder">The encoder that made the rows.</param>
    /// <param name="normalised">Whether the rows have length 1.</param>
    /// <param name="sourceHash">A hash of the encoded input, if known.</param>
    /// <param name="split">The split the rows belong to, if any.</param>
    public void Commit(string encoder, bool normalised, string? sourceHash = null, string? split = null)
    {
        foreach (Modality modality in (Modality[])[Modality.Image, Modality.Text])
        {
            if (_tokens[(int)modality].Count > 0 && !_features[(int)modality].Select(shard => (int)shard.Rows)
                .SequenceEqual(_lengths[(int)modality].Select(rows => rows.Count)))
                throw new InvalidOperationException($"Not every {modality} row has its tokens, or tokens have no row.");
        }

        // Without features.json a set that is half old and half new does not pass for either.
        File.Delete(FeatureSetLayout.InfoPath(_folder));
        foreach (NpyWriter shard in _features.SelectMany(shards => shards))
            shard.Commit();
        foreach (AtomicFile shard in _metadata)
            shard.Commit();
        CommitTokens(Modality.Image);
        CommitTokens(Modality.Text);
        if (_pairs is { } pairs)
            Npy.Write(FeatureSetLayout.PairsPath(_folder), pairs);
        else
            File.Delete(FeatureSetLayout.PairsPath(_folder));
        RemoveSurplus(FeatureSetLayout.Prefix(Modality.Image), ".npy", _features[0].Count);
        RemoveSurplus(FeatureSetLayout.Prefix(Modality.Text), ".npy", _features[1].Count);
        RemoveSurplus("metadata", ".jsonl", _metadata.Count);
        new FeatureSetInfo(
            encoder,
            _features[0].FirstOrDefault()?.Width ?? 0,
            _features[1].FirstOrDefault()?.Width ?? 0,
            normalised,
            _features[0].Sum(shard => shard.Rows),
            _features[1].Sum(shard => shard.Rows),
            sourceHash,
            split).Write(FeatureSetLayout.InfoPath(_folder));
    }

    /// <summary>Removes the written files unless they were committed.</summary>
    public void Dispose()
    {
        foreach (NpyWriter shard in _features.Concat(_tokens).SelectMany(shards => shards))
            shard.Dispose();
        foreach (AtomicFile shard in _metadata)
            shard.Dispose();
        foreach (CreatedFolders folder in _isNew ? Enumerable.Reverse(_made) : [])
            folder.RemoveEmpty();
    }

    private string NewShard(string prefix, string extension, int number)
    {
        string place = Path.Combine(_folder, prefix);
        _made.Add(CreatedFolders.Create(place));
        if (number == 0)
            AtomicFile.CleanFolder(place);
        return FeatureSetLayout.ShardPath(_folder, prefix, extension, number);
    }

    private void CommitTokens(Modality modality)
    {
        string prefix = FeatureSetLayout.TokensPrefix(modality);
        List<List<int>> lengths = _lengths[(int)modality];
        foreach (NpyWriter shard in _tokens[(int)modality])
            shard.Commit();
        for (int number = 0; number < lengths.Count; number++)
            Npy.Write(FeatureSetLayout.LengthsPath(_folder, modality, number), lengths[number].ToArray());
        RemoveSurplus(prefix, ".npy", lengths.Count);
        RemoveSurplus(prefix, FeatureSetLayout.LengthsPrefix(modality),
            [.. lengths.Select((_, number) => FeatureSetLayout.LengthsPath(_folder, modality, number))], ".npy");
    }

    private void RemoveSurplus(string prefix, string extension, int count) => RemoveSurplus(
        prefix, prefix, [.. Enumerable.Range(0, count).Select(number => FeatureSetLayout.ShardPath(_folder, prefix, extension, number))],
        extension);

    private void RemoveSurplus(string place, string prefix, string[] written, string extension)
    {
        foreach (string old in Directory.Exists(Path.Combine(_folder, place))
            ? Directory.GetFiles(Path.Combine(_folder, place), $"{prefix}_*{extension}")
            : [])
        {
            if (!written.Contains(old, StringComparer.Ordinal))
                File.Delete(old);
        }
    }
}
