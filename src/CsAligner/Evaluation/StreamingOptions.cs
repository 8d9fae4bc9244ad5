using CsAligner.Ranks;

namespace CsAligner.Evaluation;

/// <summary>How <see cref="StreamingEvaluator"/> goes about its work; nothing that is public changes the result.</summary>
public sealed record StreamingOptions
{
    /// <summary>Bytes that may be used where nothing is said: 1 GiB.</summary>
    public const long DefaultMemoryBytes = 1L << 30;

    /// <summary>Bytes for rows, buffers and tables together. The more rows are held, the less often they are read.</summary>
    public long MemoryBytes { get; init; } = DefaultMemoryBytes;

    /// <summary>
    /// A file for the progress, written every few seconds; where it is there, the work continues from it. Removed at the end.
    /// Null: nothing is kept.
    /// </summary>
    public string? StatePath { get; init; }

    /// <summary>
    /// The ranks that share the pairs of blocks; null for this process alone. All of them read all rows, and all get the result. Not
    /// with <see cref="StatePath"/>.
    /// </summary>
    public ICommunicator? Ranks { get; init; }

    /// <summary>Floats in a block: its rows follow from the width alone, for sums are cut by it.</summary>
    internal int BlockFloats { get; init; } = 1 << 21;

    /// <summary>Told how many pairs of blocks are done, and of how many.</summary>
    public Action<long, long>? Progress { get; init; }
}
