using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Retrieval;

// Shapes: queries [Q, D], candidates [C, D].

/// <summary>
/// Exact search by inner product: the cosine where rows have length 1. Every candidate is compared, in tiles; equal scores
/// go to the lower row. Scores are compared in float64 wherever float32 could not tell them apart, so the order does not depend
/// on how the work is cut, on the number of threads or on the SIMD path.
/// </summary>
public static class ExactSearch
{
    /// <summary>
    /// The <paramref name="k"/> best candidates of every query. Time O(Q C D); memory a few tens of megabytes beside the
    /// rows and the result, whatever Q and C.
    /// </summary>
    /// <param name="queries">[Q, D].</param>
    /// <param name="candidates">[C, D], at least one row.</param>
    /// <param name="k">At least 1; of fewer candidates than that, all are given.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or the result would be larger than an array.</exception>
    /// <exception cref="InputException">A row holds NaN or infinity, or its squared length is beyond float32.</exception>
    public static TopMatches TopK(Tensor queries, Tensor candidates, int k)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (queries.Rank != 2 || candidates.Rank != 2 || queries.Width != candidates.Width || queries.Width == 0)
            throw new ArgumentException($"Search: expected [Q, D] and [C, D] of one width, got {queries} and {candidates}.", nameof(candidates));
        if (candidates.Rows == 0) throw new ArgumentException($"Search: there is nothing to search in {candidates}.", nameof(candidates));
        int count = Math.Min(k, candidates.Rows);
        if ((long)queries.Rows * count > Array.MaxLength)
            throw new ArgumentException($"Search: {count} matches for each of {queries.Rows} queries are more than an array holds; ask in parts.", nameof(k));
        double[] queryLengths = CheckedLengths(queries, "queries"), candidateLengths = CheckedLengths(candidates, "candidates");
        int[] rows = new int[queries.Rows * count];
        var scores = new float[rows.Length];
        TopScores.Compute(queries, candidates, queryLengths, candidateLengths.Max(), count, rows, scores);
        return new TopMatches(queries.Rows, count, rows, scores);
    }

    private static double[] CheckedLengths(Tensor rows, string name)
    {
        double[] squared = TopScores.SquaredLengths(rows);
        int broken = Array.FindIndex(squared, value => !(value <= float.MaxValue));
        if (broken >= 0)
            throw new InputException($"search: every row must be finite and its squared length within float32's range, row {broken} of the {name} has {squared[broken]}; remove or scale it");
        return squared;
    }
}
