namespace CsAligner.Retrieval;

/// <summary>The best candidates of each query, as <see cref="ExactSearch"/> found them.</summary>
public sealed class TopMatches
{
    private readonly int[] _rows;
    private readonly float[] _scores;

    internal TopMatches(int queries, int count, int[] rows, float[] scores) =>
        (Queries, Count, _rows, _scores) = (queries, count, rows, scores);

    /// <summary>How many queries were asked.</summary>
    public int Queries { get; }

    /// <summary>Matches of each query: K, or the number of candidates where that is smaller.</summary>
    public int Count { get; }

    /// <summary>Candidate rows of a query, best first.</summary>
    /// <param name="query">Row of the query.</param>
    public ReadOnlySpan<int> Rows(int query) => _rows.AsSpan(Start(query), Count);

    /// <summary>Their inner products with the query, rounded from float64.</summary>
    /// <param name="query">Row of the query.</param>
    public ReadOnlySpan<float> Scores(int query) => _scores.AsSpan(Start(query), Count);

    private int Start(int query)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(query, Queries);
        return query * Count;
    }
}
