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

    /// <summary>What the sample is called.</summary>
    public abstract string Key { get; }

    /// <summary>What tells it from all others of the data set: the key, with its shard if there are shards. For logs.</summary>
    public virtual string Id => Key;

    /// <summary>Reads what is wanted.</summary>
    /// <param name="parts">What is wanted. Captions that are wanted are there, or it throws, unless the data set has none at all.</param>
    /// <exception cref="InputException">The sample cannot be used; says why and where it stands.</exception>
    public abstract Sample Load(SampleParts parts);

    /// <summary>As much of <see cref="Load"/>'s checks as needs no reading of images.</summary>
    /// <param name="parts">What will be wanted.</param>
    /// <exception cref="InputException">The sample cannot be used.</exception>
    public abstract void Check(SampleParts parts);
}
