using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Retrieval;

// Shapes: queries [Q, D], candidates [C, D]; K best of each query.

/// <summary>
/// The K candidates of the highest inner product for each query, equal ones in the order of their rows. Exact as
/// <see cref="RetrievalRanks"/> is: float32 scores throw out whatever is below the K-th by more than their rounding, the few
/// that are left are ordered by their float64 products. Memory of a tile and of at most <see cref="MostKept"/> entries.
/// </summary>
internal static unsafe class TopScores
{
    private const int Lanes = 8;
    private const int QueriesPerTask = 8;

    // Entries that a query may gather beyond 2 K before those that can no longer win are thrown out.
    private const int Room = 64;

    private const int MostKept = 1 << 22;

    /// <summary>
    /// Fills <paramref name="rows"/> and <paramref name="scores"/>, K for each query, best first. Lengths must be finite
    /// in float32.
    /// </summary>
    /// <param name="queries">[Q, D].</param>
    /// <param name="candidates">[C, D].</param>
    /// <param name="squaredLengths">Those of the queries.</param>
    /// <param name="longestSquared">The largest of the candidates.</param>
    /// <param name="k">1 to C.</param>
    /// <param name="rows">[Q * K].</param>
    /// <param name="scores">[Q * K].</param>
    public static void Compute(Tensor queries, Tensor candidates, double[] squaredLengths, double longestSquared, int k, int[] rows,
        double[] scores)
    {
        using var scratch = new Scratch();
        int width = queries.Width, capacity = (int)Math.Min(candidates.Rows, (2L * k) + Room);
        int block = Math.Clamp(MostKept / capacity, 1, ScoreRows.QueriesPerTile);
        float* kept = scratch.Floats((long)block * capacity);
        var keptRows = (int*)scratch.Floats((long)block * capacity);
        var lists = new TopList[block];
        for (int top = 0; top < queries.Rows; top += block)
        {
            int height = Math.Min(block, queries.Rows - top), first = top;
            float* from = queries.Pointer + ((long)top * width);
            for (int i = 0; i < height; i++)
            {
                double margin = ScoreRows.Rounding(width) * Math.Sqrt(squaredLengths[top + i]) * Math.Sqrt(longestSquared);
                lists[i] = new TopList(
                    k, capacity, margin, kept + ((long)i * capacity), keptRows + ((long)i * capacity), from + ((long)i * width),
                    candidates.Pointer, width);
            }

            ScoreRows.ForEach(from, height, candidates.Pointer, candidates.Rows, width,
                (i, values, columns, firstCandidate) => Offer(ref lists[i], values, columns, firstCandidate));
            Blocks.For(height, QueriesPerTask, (start, end) =>
            {
                for (int i = start; i < end; i++) lists[i].Finish(rows.AsSpan((first + i) * k, k), scores.AsSpan((first + i) * k, k));
            });
        }

        // Only their pointers were in use.
        GC.KeepAlive(queries);
        GC.KeepAlive(candidates);
    }

    /// <summary>|x_i|^2 of each row.</summary>
    public static double[] SquaredLengths(Tensor x)
    {
        var squared = new double[x.Rows];
        float* from = x.Pointer;
        int width = x.Width;
        Blocks.ForRows(x.Rows, width, (start, end) =>
        {
            for (int i = start; i < end; i++) squared[i] = RowDots.Dot(from + ((long)i * width), from + ((long)i * width), width);
        });
        GC.KeepAlive(x);
        return squared;
    }

    private static void Offer(ref TopList list, float* scores, int columns, int firstCandidate)
    {
        var bar = Vector256.Create(list.Bar);
        for (int j = 0; j < columns; j += Lanes)
        {
            uint passing = Vector256.GreaterThanOrEqual(Vector256.Load(scores + j), bar).ExtractMostSignificantBits();
            if (passing == 0) continue;
            if (columns - j < Lanes) passing &= (1u << (columns - j)) - 1;
            for (; passing != 0; passing &= passing - 1)
            {
                int column = j + System.Numerics.BitOperations.TrailingZeroCount(passing);
                list.Add(scores[column], firstCandidate + column);
            }

            bar = Vector256.Create(list.Bar);
        }
    }
}
