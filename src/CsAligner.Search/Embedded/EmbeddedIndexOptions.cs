using CsAligner.Tensors;

namespace CsAligner.Search.Embedded;

/// <summary>How an <see cref="EmbeddedIndex"/> is opened.</summary>
public sealed record EmbeddedIndexOptions
{
    /// <summary>Values in a vector: needed to make an index; null takes what an index has.</summary>
    public int? Width { get; init; }

    /// <summary>
    /// An index of at most this many items is searched exactly; a larger one through a graph of neighbours (HNSW), which is built in the
    /// background. Until it is built, and where its library does not run, search stays exact.
    /// </summary>
    public int ExactUpTo { get; init; } = 50_000;

    internal void Check()
    {
        if (Width is < 1 or > 65_536) throw new InputException($"Width: expected 1 to 65536 values in a vector, got {Width}");
        if (ExactUpTo < 0) throw new InputException($"ExactUpTo: expected 0 or more items, got {ExactUpTo}");
    }
}
