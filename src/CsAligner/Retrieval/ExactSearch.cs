using CsAligner.Objectives;
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
    private const int BlockFloats = 1 << 22;

    /// <summary>
    /// The <paramref name="k"/> best candidates of every query. Time O(Q C D); memory a few tens of megabytes beside the
    /// rows and the result, for any Q and C.
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
            throw new ArgumentException($"Search: expected [Q, D] and [C, D] of one width, got {queries} and {candidates}.",
                nameof(candidates));
        if (candidates.Rows == 0) throw new ArgumentException($"Search: there is nothing to search in {candidates}.", nameof(candidates));
        int count = CheckedCount(queries, candidates.Rows, k);
        (int[] rows, double[] scores) = Search(queries, CheckedLengths(queries, "queries"), candidates, count, 0);
        return new TopMatches(queries.Rows, count, rows, Rounded(scores));
    }

    /// <summary>
    /// The same of candidates that are read in blocks, each once: the same matches and scores, bit for bit, and memory of a block
    /// whatever their number.
    /// </summary>
    /// <param name="queries">[Q, D].</param>
    /// <param name="candidates">[C, D], at least one row.</param>
    /// <param name="k">At least 1; of fewer candidates than that, all are given.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or the result would be larger than an array.</exception>
    /// <exception cref="InputException">A row cannot be read, holds NaN or infinity, or its squared length is beyond float32.</exception>
    public static TopMatches TopK(Tensor queries, IRowSource candidates, int k, CancellationToken cancellation = default) =>
        TopK(queries, candidates, k, BlockFloats, cancellation);

    /// <summary>The same in blocks of another size.</summary>
    internal static TopMatches TopK(Tensor queries, IRowSource candidates, int k, int blockFloats, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (queries.Rank != 2 || queries.Width != candidates.Width || queries.Width == 0)
            throw new ArgumentException($"Search: expected [Q, D] and [C, D] of one width, got {queries} and rows of {candidates.Width}.",
                nameof(candidates));
        if (candidates.Rows == 0) throw new ArgumentException("Search: there are no candidates.", nameof(candidates));
        (int count, int[] rows, double[] scores) = Scored(queries, candidates, k, blockFloats, null, cancellation);
        return new TopMatches(queries.Rows, count, rows, Rounded(scores));
    }

    /// <summary>The same with scores in float64: K each, best first.</summary>
    /// <param name="queries">[Q, D].</param>
    /// <param name="candidates">[C, D], at least one row.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="blockFloats">The size of a block.</param>
    /// <param name="seen">Sees every block that was searched, and its first row; null for none.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    internal static (int Count, int[] Rows, double[] Scores) Scored(Tensor queries, IRowSource candidates, int k, int blockFloats,
        Action<Tensor, int>? seen, CancellationToken cancellation)
    {
        int count = CheckedCount(queries, candidates.Rows, k), height = Math.Min(candidates.Rows, Math.Max(1, blockFloats / queries.Width));
        double[] lengths = CheckedLengths(queries, "queries");
        var best = new Best(queries.Rows, count);
        Tensor? block = null;
        for (int first = 0; first < candidates.Rows; first += height)
        {
            cancellation.ThrowIfCancellationRequested();
            int rows = Math.Min(height, candidates.Rows - first);
            if (block is null || block.Rows != rows) block = new Tensor(rows, queries.Width);
            candidates.Read(first, block.Span);
            int found = Math.Min(count, rows);
            (int[] foundRows, double[] foundScores) = Search(queries, lengths, block, found, first);
            best.Merge(foundRows, foundScores, found, first);
            seen?.Invoke(block, first);
        }

        return (count, best.Rows, best.Scores);
    }

    /// <summary>The same of candidates in memory, with scores in float64: K each, best first.</summary>
    internal static (int Count, int[] Rows, double[] Scores) Scored(Tensor queries, Tensor candidates, int k)
    {
        int count = CheckedCount(queries, candidates.Rows, k);
        (int[] rows, double[] scores) = Search(queries, CheckedLengths(queries, "queries"), candidates, count, 0);
        return (count, rows, scores);
    }

    private static int CheckedCount(Tensor queries, int candidates, int k)
    {
        int count = Math.Min(k, candidates);
        return (long)queries.Rows * count <= Array.MaxLength
            ? count
            : throw new ArgumentException(
                $"Search: {count} matches for each of {queries.Rows} queries do not fit into an array; search in parts.", nameof(k));
    }

    private static (int[] Rows, double[] Scores) Search(Tensor queries, double[] queryLengths, Tensor candidates, int count, int firstRow)
    {
        double[] candidateLengths = CheckedLengths(candidates, "candidates", firstRow);
        int[] rows = new int[queries.Rows * count];
        var scores = new double[rows.Length];
        TopScores.Compute(queries, candidates, queryLengths, candidateLengths.Max(), count, rows, scores);
        return (rows, scores);
    }

    private static float[] Rounded(double[] scores)
    {
        var rounded = new float[scores.Length];
        System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<double, float>(scores, rounded);
        return rounded;
    }

    private static double[] CheckedLengths(Tensor rows, string name, int firstRow = 0)
    {
        double[] squared = TopScores.SquaredLengths(rows);
        int broken = Array.FindIndex(squared, value => !(value <= float.MaxValue));
        if (broken >= 0)
            throw new InputException("search: every row must be finite and its squared length within float32's range, "
                + $"row {firstRow + (long)broken} of the {name} has {squared[broken]}; remove or scale it");
        return squared;
    }

    /// <summary>The K best of each query so far, best first.</summary>
    private sealed class Best(int queries, int count)
    {
        private readonly int[] _rowsOfOne = new int[count];
        private readonly double[] _scoresOfOne = new double[count];
        private int _held;

        public int[] Rows { get; } = new int[queries * count];

        public double[] Scores { get; } = new double[queries * count];

        /// <summary>Takes the best of rows that stand behind all others: where scores are equal, they come later.</summary>
        public void Merge(int[] rows, double[] scores, int found, int firstRow)
        {
            int merged = Math.Min(count, _held + found);
            for (int query = 0; query < queries; query++)
            {
                int old = query * count, young = query * found;
                for (int i = 0, a = 0, b = 0; i < merged; i++)
                {
                    bool keep = a < _held && (b == found || Scores[old + a] >= scores[young + b]);
                    (_rowsOfOne[i], _scoresOfOne[i]) = keep
                        ? (Rows[old + a], Scores[old + a])
                        : (rows[young + b] + firstRow, scores[young + b]);
                    if (keep) a++;
                    else b++;
                }

                _rowsOfOne.AsSpan(0, merged).CopyTo(Rows.AsSpan(old));
                _scoresOfOne.AsSpan(0, merged).CopyTo(Scores.AsSpan(old));
            }

            _held = merged;
        }
    }
}
