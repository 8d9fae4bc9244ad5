using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Samples;

/// <summary>
/// A sample that is known of and not yet read: small, so that many can wait in a shuffling buffer. Reading is safe from several
/// threads and may be done twice.
/// </summary>
public abstract class SampleEntry
{
    /// <summary>The largest image file that is read, in bytes.</summary>
    public const int MaxImageBytes = 256 << 20;

    /// <summary>The sample's name.</summary>
    public abstract string Key { get; }

    /// <summary>Identifies the sample within the data set, for logs: the key, with the shard if there are shards.</summary>
    public virtual string Id => Key;

    /// <summary>Reads the requested parts.</summary>
    /// <param name="parts">The parts to read. If captions are requested and missing, it throws, unless the data set has no
    /// captions.</param>
    /// <exception cref="InputException">The sample cannot be used; the message says why, and where it is.</exception>
    public abstract Sample Load(SampleParts parts);

    /// <summary>As much of <see cref="Load"/>'s checks as needs no reading of images.</summary>
    /// <param name="parts">The parts that will be requested.</param>
    /// <exception cref="InputException">The sample cannot be used.</exception>
    public abstract void Check(SampleParts parts);
}
