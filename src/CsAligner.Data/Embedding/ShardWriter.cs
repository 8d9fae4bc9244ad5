using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.FeatureSets;
using CsAligner.Models;

namespace CsAligner.Data.Embedding;

/// <summary>Makes one shard: a small, separate feature set, complete when its features.json exists.</summary>
internal sealed class ShardWriter : IDisposable
{
    // The number of texts embedded at a time: enough for the tokenizer, few enough for memory.
    private const int TextsPerRound = 8192;

    private readonly EmbeddingEncoders _encoders;
    private readonly EmbeddingOptions _options;
    private readonly EmbeddingShard _shard;
    private readonly BadSamples _bad;
    private readonly FeatureSetWriter _writer;
    private readonly IncrementalHash _imageHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _textHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<string> _texts = [];
    private readonly List<long> _pairs = [];
    private bool _isRowForRow = true;
    private long _rows;
    private long _rowsOfTexts;

    public ShardWriter(EmbeddingEncoders encoders, EmbeddingOptions options, EmbeddingShard shard, string folder, BadSamples bad)
    {
        (_encoders, _options, _shard, _bad) = (encoders, options, shard, bad);
        _writer = new FeatureSetWriter(folder, options.Type, int.MaxValue);
    }

    /// <summary>Seconds that images took, waiting for them included, and texts.</summary>
    public (double Images, double Texts) Seconds { get; private set; }

    /// <summary>Embeds the samples.</summary>
    /// <param name="progress">Told how many samples are done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public void Write(Action<long> progress, CancellationToken cancellation)
    {
        SampleParts parts = (_shard.WithImages ? SampleParts.Image : SampleParts.None) | (_shard.Checked & SampleParts.Captions);
        ImagePixels? pixels = _shard.WithImages ? new ImagePixels(_encoders.Images!.Preprocessing, _options.Transparency) : null;
        int size = SamplePrefetcher.SizeOf(pixels, _options.BatchSize);
        var prefetcher = new SamplePrefetcher(_shard.Read(), _shard.Checked, parts, pixels, size, _options, cancellation);
        long before = 0, start = Stopwatch.GetTimestamp();
        foreach (var round in prefetcher.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            int[] good = Sort(round);
            if (_shard.WithImages) EmbedImages(round, good, done => progress(before + done), cancellation);
            Seconds = (Seconds.Images + (_shard.WithImages ? Stopwatch.GetElapsedTime(start).TotalSeconds : 0), Seconds.Texts);
            foreach (int i in good) Take(round.Samples[i]!, progress, cancellation);
            before += round.Count;
            if (_shard.WithImages) progress(before);
            start = Stopwatch.GetTimestamp();
        }

        EmbedTexts(progress, cancellation);
        progress(before);
    }

    /// <summary>Puts the shard in its place.</summary>
    public void Commit()
    {
        if (_shard.WithTexts && !_isRowForRow) _writer.SetPairs(_pairs.ToArray());
        byte[][] hashes =
            [.. new[] { _shard.WithImages ? _imageHash : null, _shard.WithTexts ? _textHash : null }.OfType<IncrementalHash>()
                .Select(hash => hash.GetHashAndReset())];
        _writer.Commit(_encoders.Name, normalised: true,
            Convert.ToHexStringLower(hashes.Length == 1 ? hashes[0] : SHA256.HashData([.. hashes.SelectMany(hash => hash)])),
            _shard.Source.Split);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _imageHash.Dispose();
        _textHash.Dispose();
    }

    private int[] Sort(SamplePrefetcher.Round round)
    {
        var good = new List<int>();
        for (int i = 0; i < round.Count; i++)
        {
            if (round.Problems[i] is { } problem)
            {
                _bad.Add(round.Entries[i].Id, problem);
                continue;
            }

            _bad.AddGood();
            good.Add(i);
        }

        return [.. good];
    }

    private void EmbedImages(SamplePrefetcher.Round round, int[] good, Action<long> progress, CancellationToken cancellation)
    {
        if (good.Length == 0) return;
        var encoder = _encoders.Images!;
        foreach (int i in good) _imageHash.AppendData(round.PixelsOf(i));
        try
        {
            encoder.EmbedImages(good.Length, (i, rgb) => round.PixelsOf(good[i]).CopyTo(rgb), _options.Tokens,
                batch => Write(Modality.Image, batch, encoder.Width, progress), _options.BatchSize, cancellation);
        }
        catch (UnusableFeaturesException failure)
        {
            throw failure.Of(round.Entries[good[failure.Sample]].Id);
        }
    }

    private void Take(Sample sample, Action<long> progress, CancellationToken cancellation)
    {
        if (_shard is { WithMetadata: true, WithImages: true }) _writer.WriteMetadata(Describe(sample, sample.Captions));
        if (_shard.WithTexts)
        {
            _isRowForRow &= sample.Captions.Count == 1;
            foreach (string caption in sample.Captions)
            {
                _texts.Add(caption);
                _pairs.Add(_rows);
                _textHash.AppendData(Encoding.UTF8.GetBytes(caption + "\n"));
                if (_shard is { WithMetadata: true, WithImages: false }) _writer.WriteMetadata(Describe(sample, [caption]));
                if (_texts.Count == TextsPerRound) EmbedTexts(progress, cancellation);
            }
        }

        _rows++;
    }

    private JsonObject Describe(Sample sample, IReadOnlyList<string> captions)
    {
        var row = new JsonObject();
        if (_shard.Source is not TextSamples) row["image_path"] = sample.Key;
        if (sample.Shard is { } shard) row["source"] = shard;
        if (captions.Count > 0) row["caption"] = captions[0];
        if (captions.Count > 1) row["captions"] = new JsonArray([.. captions.Select(caption => JsonValue.Create(caption))]);
        return row;
    }

    private void EmbedTexts(Action<long> progress, CancellationToken cancellation)
    {
        if (_texts.Count == 0) return;
        long start = Stopwatch.GetTimestamp();
        var encoder = _encoders.Texts!;
        try
        {
            encoder.EmbedTexts(_texts, _options.Tokens, batch => Write(Modality.Text, batch, encoder.Width, ReportTexts),
                _options.BatchSize, cancellation);
        }
        catch (UnusableFeaturesException failure)
        {
            throw failure.Of($"the text '{_texts[failure.Sample]}'");
        }

        _texts.Clear();
        _rowsOfTexts = _rows;
        Seconds = (Seconds.Images, Seconds.Texts + Stopwatch.GetElapsedTime(start).TotalSeconds);

        // Count samples, not texts; if there are images, count images.
        void ReportTexts(long done)
        {
            if (!_shard.WithImages) progress(_rowsOfTexts + ((_rows - _rowsOfTexts) * done / _texts.Count));
        }
    }

    private void Write(Modality modality, EmbeddedBatch batch, int width, Action<long> progress)
    {
        _writer.WriteRows(modality, batch.Features.Span, width);
        if (batch.Offsets is { } offsets)
            _writer.WriteTokens(modality, batch.Tokens!.Span, width, [.. offsets.Skip(1).Zip(offsets, (end, first) => end - first)]);
        progress(batch.First + batch.Features.Rows);
    }
}
