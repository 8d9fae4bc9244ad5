using System.Numerics;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Retrieval;

// Shapes: queries [Q, D], candidates [C, D].

/// <summary>
/// Ranks of right answers among all candidates by inner product: 1 + those with a higher score + those with the same
/// score in a lower row. Float32 scores decide where the distance to the right answer's is beyond their rounding;
/// the rest is compared in float64, so that equal rows tie exactly wherever they stand.
/// </summary>
internal static unsafe class RetrievalRanks
{
    private const int Lanes = 8;
    private const int QueriesPerTask = 8;

    /// <summary>The rank of the best right answer of each query.</summary>
    /// <param name="queries">[Q, D].</param>
    /// <param name="candidates">[C, D].</param>
    /// <param name="answers">For each query the rows of its right answers, at least one.</param>
    public static int[] Compute(Tensor queries, Tensor candidates, int[][] answers)
    {
        using var scratch = new Scratch();
        int width = queries.Width, count = queries.Rows;
        float* from = queries.Pointer, to = candidates.Pointer;
        double margin = Margin(queries, candidates, scratch);
        var best = new int[count];
        var scores = new double[count];
        Blocks.For(count, QueriesPerTask, (start, end) =>
        {
            for (int q = start; q < end; q++) (best[q], scores[q]) = Best(from + ((long)q * width), to, width, answers[q]);
        });

        var better = new int[count];
        ScoreRows.ForEach(from, count, to, candidates.Rows, width, (q, tile, columns, firstCandidate) =>
            better[q] += CountBetter(tile, columns, from + ((long)q * width), to, width, firstCandidate, best[q], scores[q], margin));

        // Only their pointers were in use.
        GC.KeepAlive(queries);
        GC.KeepAlive(candidates);
        for (int q = 0; q < count; q++) better[q]++;
        return better;
    }

    private static double Margin(Tensor queries, Tensor candidates, Scratch scratch)
    {
        double largestQuery =
            RowDots.HalfNorms(queries.Pointer, queries.Rows, queries.Width, scratch.Floats(RowDots.Padded(queries.Rows)));
        double largestCandidate =
            RowDots.HalfNorms(candidates.Pointer, candidates.Rows, candidates.Width, scratch.Floats(RowDots.Padded(candidates.Rows)));
        return ScoreRows.Rounding(queries.Width) * Math.Sqrt(largestQuery * largestCandidate);
    }

    private static (int Row, double Score) Best(float* query, float* candidates, int width, int[] answers)
    {
        var best = (Row: -1, Score: double.NegativeInfinity);
        foreach (int row in answers)
        {
            double score = RowDots.Dot(query, candidates + ((long)row * width), width);
            if (score > best.Score || (score == best.Score && row < best.Row)) best = (row, score);
        }

        return best;
    }

    private static int CountBetter(
        float* scores, int columns, float* query, float* candidates, int width, int firstCandidate, int answer, double answerScore,
        double margin)
    {
        Vector256<float> above = Vector256.Create((float)(answerScore + margin)), below = Vector256.Create((float)(answerScore - margin));
        int count = 0;
        for (int j = 0; j < columns; j += Lanes)
        {
            var score = Vector256.Load(scores + j);
            uint valid = columns - j >= Lanes ? 0xFFu : (1u << (columns - j)) - 1;
            uint surely = Vector256.GreaterThan(score, above).ExtractMostSignificantBits() & valid;
            uint unsure = Vector256.GreaterThanOrEqual(score, below).ExtractMostSignificantBits() & valid & ~surely;
            count += BitOperations.PopCount(surely);
            for (; unsure != 0; unsure &= unsure - 1)
            {
                int row = firstCandidate + j + BitOperations.TrailingZeroCount(unsure);
                if (row == answer) continue;
                double exact = RowDots.Dot(query, candidates + ((long)row * width), width);
                if (exact > answerScore || (exact == answerScore && row < answer)) count++;
            }
        }

        return count;
    }
}
