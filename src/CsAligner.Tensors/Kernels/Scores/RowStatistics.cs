using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// First pass of a rank over its own rows: of each the total of its kernel values with the other set, and InfoNCE's log-sum-exp over
/// its wrong answers. Row by row, where <see cref="ScoreStatistics"/> adds up tiles: what a row gets does not depend on the rows that
/// are this rank's.
/// </summary>
internal sealed unsafe class RowStatistics : ScoreEpilogue
{
    private const float Shiftless = -40;

    private readonly ScoreEpilogueKernel _kernel = ScoreEpilogueKernel.For(Simd.Path);
    private readonly RowLogits? _logits, _infoNce;
    private readonly RowNumbers _numbers;
    private readonly int _pairs;

    /// <param name="numbers">The own rows.</param>
    /// <param name="logits">The kernel's; null to leave it out.</param>
    /// <param name="infoNce">InfoNCE's; null to leave it out.</param>
    /// <param name="pairs">P.</param>
    /// <param name="scratch">Where sums are kept.</param>
    public RowStatistics(RowNumbers numbers, RowLogits? logits, RowLogits? infoNce, int pairs, Scratch scratch)
    {
        (_numbers, _logits, _infoNce, _pairs) = (numbers, logits, infoNce, pairs);
        int rows = numbers.Count;
        Totals = new KernelTotal[rows];
        Array.Fill(Totals, new KernelTotal());
        Right = scratch.Floats(rows, 0);
        Largest = scratch.Floats(rows, float.NegativeInfinity);
        Sums = scratch.Doubles(rows);
    }

    /// <summary>The number of the first column that the sweep under way has.</summary>
    public int FirstColumn { get; set; }

    /// <summary>Of each row the total of the kernel values.</summary>
    public KernelTotal[] Totals { get; }

    /// <summary>Scores of the right answers.</summary>
    public float* Right { get; }

    /// <summary>The largest logits of wrong answers, without the rows' own offsets.</summary>
    public float* Largest { get; }

    /// <summary>Sums of exponentials relative to the largest.</summary>
    public double* Sums { get; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in ScoreTile tile, float* weights)
    {
        int column = FirstColumn + tile.Column;
        for (int i = 0; i < tile.Rows; i++)
        {
            if (_logits is { } logits) AddKernel(tile, i, logits, column);
            if (_infoNce is { } infoNce && _numbers[tile.Row + i] < _pairs && column < _pairs) AddInfoNce(tile, i, infoNce, column);
        }
    }

    public override void EndBlock(int column, int columns, int tasks)
    {
        // Nothing belongs to columns: another rank, or another sweep, has them as rows.
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddKernel(in ScoreTile tile, int i, in RowLogits logits, int column)
    {
        float* scores = tile.At(i), offsets = logits.Columns + column;
        float row = logits.Rows[tile.Row + i];
        float largest = Math.Min(0, _kernel.Largest(scores, offsets, logits.Factor, tile.Length) + row),
            shift = largest > Shiftless ? 0 : largest;
        float sum = _kernel.KernelRow(scores, offsets, logits.Factor, row - shift, -shift, tile.Length, null, 1, null, out float minusOne);

        // As in ScoreStatistics: what stands behind the last column has brought -1 each.
        double rest = shift == 0 ? minusOne + (tile.Length - tile.Columns) : -tile.Columns;
        Totals[tile.Row + i].Add(shift, sum, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddInfoNce(in ScoreTile tile, int i, in RowLogits logits, int column)
    {
        int row = tile.Row + i, length = ScoreEpilogueKernel.Padded(Math.Min(tile.Columns, _pairs - column));
        int right = RightAnswer(_numbers[row], column, tile.Columns);
        float* scores = tile.At(i), offsets = logits.Columns + column;
        if (right >= 0)
        {
            Right[row] = scores[right];
            scores[right] = ScoreEpilogueKernel.MaskOffset;
        }

        float largest = _kernel.Largest(scores, offsets, logits.Factor, length);
        double sum = _kernel.ExpSum(scores, offsets, logits.Factor, -largest, length);
        if (largest > Largest[row])
        {
            Sums[row] = (Sums[row] * Math.Exp((double)Largest[row] - largest)) + sum;
            Largest[row] = largest;
        }
        else
        {
            Sums[row] += sum * Math.Exp((double)largest - Largest[row]);
        }

        if (right >= 0) scores[right] = Right[row];
    }

    /// <summary>Where a row, counted among all, has its own number in a tile from this column on; -1 where that lies outside.</summary>
    public static int RightAnswer(int row, int column, int columns) => row - column is int j && j >= 0 && j < columns ? j : -1;
}
