using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Embedding;

/// <summary>
/// Embeds a data set shard by shard. A finished shard is on disk and is not computed again, even if the process is killed; the
/// shards are the same whoever makes them, so several processes can share the work, and the set is put together when all are there:
/// the same bytes as of one process that was never stopped.
/// </summary>
public sealed class EmbeddingJob
{
    private readonly string _folder;
    private readonly EmbeddingEncoders _encoders;
    private readonly EmbeddingOptions _options;
    private readonly EmbeddingPlan _plan;
    private readonly ShardStore _store;
    private readonly bool _decodes;
    private CreatedFolders? _made;

    /// <summary>Plans the work.</summary>
    /// <param name="folder">The feature set to write; an older one stays whole until the new one is.</param>
    /// <param name="encoders">The model.</param>
    /// <param name="images">Gives the images; null if none are embedded.</param>
    /// <param name="texts">Gives the captions; null if none are embedded. The same as <paramref name="images"/> where they belong
    /// together.</param>
    /// <param name="options">How.</param>
    public EmbeddingJob(string folder, EmbeddingEncoders encoders, SampleSource? images, SampleSource? texts, EmbeddingOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(encoders);
        ArgumentNullException.ThrowIfNull(options);
        if (options.ShardRows < 1 || options.DecodeThreads < 1)
            throw new ArgumentException("Shards have at least one row, and one thread decodes at least.", nameof(options));
        if (images is not null && encoders.Images is null)
            throw new ArgumentException("There are images but no image encoder.", nameof(images));
        if (texts is not null && encoders.Texts is null)
            throw new ArgumentException("There are texts but no text encoder.", nameof(texts));
        if (images is null && texts is null) throw new ArgumentException("There is nothing to embed.", nameof(images));
        if (new[] { images, texts }.FirstOrDefault(source => source is { IsCountExact: true, Count: 0 }) is { } empty)
            throw new InputException($"cannot embed '{empty.Name}': it has no samples; give a data set that has some");
        (_folder, _encoders, _options, _decodes) = (folder, encoders, options, images is not null);
        _plan = new EmbeddingPlan(encoders, images, texts, options);
        _store = new ShardStore(folder);
    }

    /// <summary>All shards, in order.</summary>
    public IReadOnlyList<EmbeddingShard> Shards => _plan.Shards;

    /// <summary>Seconds that images took in this process, waiting for them included.</summary>
    public double ImageSeconds { get; private set; }

    /// <summary>Seconds that texts took in this process.</summary>
    public double TextSeconds { get; private set; }

    /// <summary>Samples of shards that were found finished.</summary>
    public long Found { get; private set; }

    /// <summary>The shards that are process <paramref name="part"/>'s of <paramref name="parts"/>: every
    /// <paramref name="parts"/>-th.</summary>
    /// <param name="part">From 1 to <paramref name="parts"/>.</param>
    /// <param name="parts">At least 1.</param>
    public IReadOnlyList<EmbeddingShard> Share(int part, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(part, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(part, parts);
        return [.. Shards.Where((_, i) => i % parts == part - 1)];
    }

    /// <summary>Makes shards, but those that are finished.</summary>
    /// <param name="shards">Which.</param>
    /// <param name="progress">Told of the samples done and of how many there seem to be, of these shards; may be null.</param>
    /// <param name="say">Told of bad samples; may be null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>The totals of the shards.</returns>
    /// <exception cref="InputException">Too many samples are bad; the data cannot be read; the folder has other unfinished work;
    /// no space.</exception>
    public EmbeddingTotals Run(IReadOnlyList<EmbeddingShard> shards, Action<long, long>? progress = null, Action<string>? say = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(shards);
        // Without it each picture would be a bad sample.
        if (_decodes) ImageLibrary.Load();
        _made ??= CreatedFolders.Create(_folder);
        AtomicFile.CleanFolder(_folder);
        _store.CleanUp();
        _plan.Begin(_folder, _store.Work);
        try
        {
            return RunAll(shards, progress, say, cancellation);
        }
        catch when (shards.Count == Shards.Count && !Shards.Any(_store.IsFinished))
        {
            // There is nothing to continue from, and no other process has a share.
            _store.Remove();
            _made.RemoveEmpty();
            throw;
        }
    }

    /// <summary>Assembles the feature set from all shards and removes the working files.</summary>
    /// <exception cref="InputException">A shard is not finished, too many samples are bad, or none could be used.</exception>
    public EmbeddingTotals Join()
    {
        string[] missing = [.. Shards.Where(shard => !_store.IsFinished(shard)).Select(shard => shard.Name)];
        if (missing.Length > 0)
            throw new InputException($"cannot complete '{_folder}': {missing.Length} of {Shards.Count} shards are not finished; the "
                + $"first is {missing[0]}: embed the whole set to finish them");
        var join = new ShardMerger(_folder, _store, Shards, _options.Tokens);
        var totals = _store.Total(Shards);
        if (totals.Images + totals.Texts == 0) throw Nothing(totals);
        join.WriteLog();
        using (var bad =
            new BadSamples(_options.MaxBad, Path.Combine(_store.Work, BadSamples.LogFile), Path.Combine(_folder, BadSamples.LogFile),
                totals.Samples, totals.Bad))
            bad.Check();
        join.Run(_encoders.Name);
        _store.Remove();
        return totals;
    }

    // There is nothing to keep, so nothing is left: not even the shards, because they are made again only where they are missing.
    private InputException Nothing(EmbeddingTotals totals)
    {
        string? first = Shards.Select(_store.LogOf).Where(File.Exists).SelectMany(File.ReadLines).FirstOrDefault();
        _store.Remove();
        _made?.RemoveEmpty();
        string reason = first is null ? "there are none" : $"all {totals.Bad} are bad, the first: {first[(first.IndexOf('\t') + 1)..]}";
        return new InputException($"cannot embed into '{_folder}': no sample could be used: {reason}");
    }

    private EmbeddingTotals RunAll(IReadOnlyList<EmbeddingShard> shards, Action<long, long>? progress, Action<string>? say,
        CancellationToken cancellation)
    {
        EmbeddingShard[] finished = [.. shards.Where(_store.IsFinished)];
        long samples = 0, badSamples = 0, left = shards.Except(finished).Sum(shard => shard.Count);
        foreach (var shard in finished)
        {
            (long read, long bad) = _store.ReadCounts(shard);
            (samples, badSamples) = (samples + read, badSamples + bad);
        }

        Found = samples;
        if (samples > 0) progress?.Invoke(samples, samples + left);
        foreach (var shard in shards.Except(finished))
        {
            left -= shard.Count;
            (samples, badSamples) =
                Make(shard, samples, badSamples,
                    done => progress?.Invoke(samples + done, Math.Max(samples + done, samples + shard.Count + left)), say, cancellation);
        }

        progress?.Invoke(samples, samples);
        return _store.Total(shards);
    }

    private (long Samples, long Bad) Make(EmbeddingShard shard, long samples, long badSamples, Action<long> progress, Action<string>? say,
        CancellationToken cancellation)
    {
        string log = Path.Combine(_folder, BadSamples.LogFile);
        AtomicFile.CreateFolder(_store.FolderOf(shard));
        using var bad = new BadSamples(_options.MaxBad, _store.LogOf(shard), log, samples, badSamples, say);
        using var writer = new ShardWriter(_encoders, _options, shard, _store.FolderOf(shard), bad);
        try
        {
            writer.Write(progress, cancellation);
            bad.Flush();
        }
        catch (InputException) when (bad.Bad > badSamples)
        {
            bad.Flush();
            AtomicFile.WriteAllBytes(log, File.ReadAllBytes(_store.LogOf(shard)));
            throw;
        }

        cancellation.ThrowIfCancellationRequested();
        _store.WriteCounts(shard, bad.Seen - samples, bad.Bad - badSamples);
        writer.Commit();
        (ImageSeconds, TextSeconds) = (ImageSeconds + writer.Seconds.Images, TextSeconds + writer.Seconds.Texts);
        return (bad.Seen, bad.Bad);
    }
}
