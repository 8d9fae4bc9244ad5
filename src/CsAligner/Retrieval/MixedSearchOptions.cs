namespace CsAligner.Retrieval;

/// <summary>How <see cref="MixedIndex.Search"/> searches.</summary>
public sealed record MixedSearchOptions
{
    /// <summary>At most this many matches per query; at least 1.</summary>
    public int Top { get; init; } = 10;

    /// <summary>The kind to find; null finds both.</summary>
    public RowKind? Find { get; init; }

    /// <summary>The lowest score of a match; null has none.</summary>
    public ScoreCutoff? MinScore { get; init; }

    /// <summary>Rows that are never found, such as those that a query was made of.</summary>
    public IReadOnlyList<MixedRow> Except { get; init; } = [];
}
