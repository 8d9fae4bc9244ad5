using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Retrieval;

/// <summary>
/// The pairs of rows with the highest cosines, of those with at least <paramref name="least"/>; equal cosines go to the lower rows.
/// Exact: float32 products only rule out what cannot reach it, the rest is decided in float64. What is kept does not depend on the order
/// in which pairs come, nor on the number of threads. Memory of a tile and of at most 2 <paramref name="most"/> pairs.
/// </summary>
/// <param name="least">The lowest cosine.</param>
/// <param name="most">How many pairs are kept; all are counted.</param>
internal sealed unsafe class TopPairs(double least, int most)
{
    private const int Lanes = 8;

    // Rows have length 1 up to this: it is between their inner product and their cosine.
    private const double LengthError = 2e-5;

    private readonly Lock _gate = new();
    private readonly List<(double Score, long First, long Second)> _kept = [];
    private double _bar = double.NegativeInfinity;
    private long _total;

    /// <summary>How many pairs reach the lowest cosine.</summary>
    public long Total => _total;

    /// <summary>The kept pairs, best first.</summary>
    public IReadOnlyList<(double Score, long First, long Second)> Best()
    {
        Trim();
        return _kept;
    }

    /// <summary>Looks at every pair of a row of one block and a row of another, or at the distinct pairs within a block.</summary>
    /// <param name="first">Rows of length 1.</param>
    /// <param name="firstRow">The number of its first row.</param>
    /// <param name="second">Rows of length 1 behind those of the first; or the first again.</param>
    /// <param name="secondRow">The number of its first row.</param>
    public void Add(Tensor first, long firstRow, Tensor second, long secondRow)
    {
        bool within = ReferenceEquals(first, second);
        int width = first.Width;
        double margin = ScoreRows.Rounding(width) + LengthError;
        float low = (float)(least - margin), sure = (float)(least + margin);
        double[] lengths = TopScores.SquaredLengths(first), otherLengths = within ? lengths : TopScores.SquaredLengths(second);
        float* from = first.Pointer, to = second.Pointer;
        ScoreRows.ForEach(from, first.Rows, to, second.Rows, width, (i, scores, columns, firstColumn) =>
        {
            long found = 0;
            var bar = Vector256.Create(low);
            for (int j = 0; j < columns; j += Lanes)
            {
                uint passing = Vector256.GreaterThanOrEqual(Vector256.Load(scores + j), bar).ExtractMostSignificantBits();
                if (columns - j < Lanes) passing &= (1u << (columns - j)) - 1;
                for (; passing != 0; passing &= passing - 1)
                {
                    int lane = j + System.Numerics.BitOperations.TrailingZeroCount(passing), row = firstColumn + lane;
                    if (within && row <= i) continue;
                    bool mayStay = scores[lane] + margin >= Volatile.Read(ref _bar);
                    if (!mayStay && scores[lane] >= sure)
                    {
                        found++;
                        continue;
                    }

                    double cosine = RowDots.Dot(from + ((long)i * width), to + ((long)row * width), width)
                        / Math.Sqrt(lengths[i] * otherLengths[row]);
                    if (cosine < least) continue;
                    found++;
                    if (mayStay) Keep((cosine, firstRow + i, secondRow + row));
                }
            }

            if (found > 0) Interlocked.Add(ref _total, found);
        });
        GC.KeepAlive(first);
        GC.KeepAlive(second);
    }

    private void Keep((double Score, long First, long Second) pair)
    {
        lock (_gate)
        {
            if (pair.Score < _bar) return;
            _kept.Add(pair);
            if (_kept.Count >= 2L * most) Trim();
        }
    }

    private void Trim()
    {
        _kept.Sort((a, b) =>
            a.Score != b.Score ? b.Score.CompareTo(a.Score)
            : a.First != b.First ? a.First.CompareTo(b.First)
            : a.Second.CompareTo(b.Second));
        if (_kept.Count <= most) return;
        _kept.RemoveRange(most, _kept.Count - most);
        Volatile.Write(ref _bar, _kept[^1].Score);
    }
}
