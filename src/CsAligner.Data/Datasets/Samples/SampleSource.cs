namespace CsAligner.Data.Datasets.Samples;

/// <summary>
/// A data set as a sequence of parts, each a sequence of samples, to be read in order, shuffled (<see cref="ShuffledSamples"/>) or dealt
/// out to several machines. Parts are what can be reached without reading what stands before: a tar shard, a block of rows, a sample of
/// a list. The order is the same every time.
/// </summary>
public abstract class SampleSource : IDisposable
{
    /// <summary>The data set as it was named.</summary>
    public abstract string Name { get; }

    /// <summary>The split that the samples belong to, if any.</summary>
    public virtual string? Split => null;

    /// <summary>Whether samples have images.</summary>
    public abstract bool HasImages { get; }

    /// <summary>Whether samples have captions.</summary>
    public abstract bool HasCaptions { get; }

    /// <summary>How many parts there are.</summary>
    public abstract int Parts { get; }

    /// <summary>How many samples there are, bad ones too; a guess where <see cref="IsCountExact"/> is false.</summary>
    public abstract long Count { get; }

    /// <summary>Whether <see cref="Count"/> is counted and not guessed.</summary>
    public virtual bool IsCountExact => true;

    /// <summary>
    /// What tells this data set from another, or from itself after a change of its lists: names, counts and sizes of its files, but
    /// not what pictures look like.
    /// </summary>
    public abstract string Fingerprint { get; }

    /// <summary>How many neighbouring parts hold about this many samples; at least 1.</summary>
    /// <param name="samples">Samples wanted, at least 1.</param>
    public abstract int PartsFor(int samples);

    /// <summary>The samples of a part, in order. Bad ones are among them and throw when they are loaded.</summary>
    /// <param name="part">0 to <see cref="Parts"/> - 1.</param>
    /// <exception cref="Tensors.InputException">The part cannot be read at all.</exception>
    public abstract IEnumerable<SampleEntry> ReadPart(int part);

    /// <summary>All samples, in order.</summary>
    public IEnumerable<SampleEntry> ReadAll() => Enumerable.Range(0, Parts).SelectMany(ReadPart);

    /// <summary>Closes open files.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes open files.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
