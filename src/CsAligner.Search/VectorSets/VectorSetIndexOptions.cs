using CsAligner.Tensors;

namespace CsAligner.Search.VectorSets;

/// <summary>How a <see cref="VectorSetIndex"/> is opened.</summary>
public sealed record VectorSetIndexOptions
{
    /// <summary>Values in a vector: needed to make an index; null takes what an index has.</summary>
    public int? Width { get; init; }

    /// <summary>What the keys begin with: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>.</summary>
    public string Prefix { get; init; } = "csaligner";

    /// <summary>
    /// Over how many vector sets a new index is spread, in slots evenly apart: at least as many as the cluster will ever have nodes. It
    /// stays
    /// as it was made.
    /// </summary>
    public int Shards { get; init; } = 16;

    /// <summary>How long a node may take to answer before it counts as missing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    internal void Check()
    {
        if (Width is < 1 or > 65_536) throw new InputException($"Width: expected 1 to 65536 values in a vector, got {Width}");
        if (Shards is < 1 or > 1024) throw new InputException($"Shards: expected 1 to 1024, got {Shards}");
        if (Patience < TimeSpan.FromMilliseconds(50) || Patience > TimeSpan.FromMinutes(10))
            throw new InputException($"Patience: expected 50 ms to 10 minutes, got {Patience}");
        if (Prefix is not { Length: >= 1 and <= 60 } || !Prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            throw new InputException($"Prefix: expected 1 to 60 letters, digits, '.', '-' and '_', got '{Prefix}'");
    }
}
