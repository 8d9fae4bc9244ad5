using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// Second pass of a rank over its own rows: scores become the weights of their gradients. Row by row, as <see cref="RowStatistics"/>.
/// </summary>
internal sealed unsafe class RowWeights : ScoreEpilogue
{
    private readonly ScoreEpilogueKernel _kernel = ScoreEpilogueKernel.For(Simd.Path);
    private readonly RowLogits? _logits, _infoNce;
    private readonly RowNumbers _numbers;
    private readonly int _pairs;
    private readonly bool _self;
    private readonly float _shift, _weight;

    /// <param name="numbers">The own rows.</param>
    /// <param name="self">Whether rows and columns are one set: a row has no weight with itself.</param>
    /// <param name="logits">The kernel's; null to leave it out.</param>
    /// <param name="shift">Weights are weight * exp(logit - shift).</param>
    /// <param name="weight">Weight of the kernel values.</param>
    /// <param name="infoNce">InfoNCE's; null to leave it out.</param>
    /// <param name="pairs">P.</param>
    /// <param name="scratch">Where sums are kept.</param>
    public RowWeights(RowNumbers numbers, bool self, RowLogits? logits, double shift, double weight, RowLogits? infoNce, int pairs,
        Scratch scratch)
    {
        (_numbers, _self, _logits, _infoNce, _pairs) = (numbers, self, logits, infoNce, pairs);
        (_shift, _weight) = ((float)shift, (float)weight);
        int rows = numbers.Count;
        RowSums = scratch.Doubles(rows);
        MinusOne = scratch.Doubles(rows);
        InfoNceRowSums = scratch.Doubles(rows);
        ScoreSums = scratch.Doubles(rows);
    }

    /// <summary>The number of the first column that the sweep under way has.</summary>
    public int FirstColumn { get; set; }

    /// <summary>InfoNCE's weight of probabilities, of rows and of columns each.</summary>
    public float InfoNceWeight { get; init; }

    /// <summary>Log-sum-exps over all answers of the own rows.</summary>
    public float* RowLogs { get; init; }

    /// <summary>The same of all columns; -MaskOffset behind the last pair.</summary>
    public float* ColumnLogs { get; init; }

    /// <summary>(P_row - 1) + (P_column - 1) of the right answers of the own rows.</summary>
    public float* DiagonalWeights { get; init; }

    /// <summary>Sums of the kernel's weights over each row.</summary>
    public double* RowSums { get; }

    /// <summary>Sums of e^(logit - shift) - 1 over each row.</summary>
    public double* MinusOne { get; }

    /// <summary>Sums of InfoNCE's weights over each row.</summary>
    public double* InfoNceRowSums { get; }

    /// <summary>Sums of InfoNCE's weights times the scores over each row.</summary>
    public double* ScoreSums { get; }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in ScoreTile tile, float* weights)
    {
        // The kernel's loops add to sums over columns, too, which here are nobody's.
        float* unused = stackalloc float[ScoreSweep.MostColumns];
        new Span<float>(unused, ScoreSweep.MostColumns).Clear();
        int column = FirstColumn + tile.Column;
        for (int i = 0; i < tile.Rows; i++)
        {
            float* row = weights + ((nint)i * tile.Length);
            if (_logits is { } logits) SetKernel(tile, i, logits, column, row, unused);
            else new Span<float>(row, tile.Length).Clear();
            if (_infoNce is { } infoNce && _numbers[tile.Row + i] < _pairs && column < _pairs)
                AddInfoNce(tile, i, infoNce, column, row, unused);
        }
    }

    public override void EndBlock(int column, int columns, int tasks)
    {
        // As in RowStatistics.
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetKernel(in ScoreTile tile, int i, in RowLogits logits, int column, float* weights, float* unused)
    {
        int row = tile.Row + i, self = _self ? RowStatistics.RightAnswer(_numbers[row], column, tile.Columns) : -1;
        if (self >= 0) tile.At(i)[self] = ScoreEpilogueKernel.MaskOffset;
        float sum = _kernel.KernelRow(tile.At(i), logits.Columns + column, logits.Factor, logits.Rows[row] - _shift, -_shift, tile.Length,
            weights, _weight, unused, out float minusOne);
        RowSums[row] += (double)sum * _weight;
        MinusOne[row] += minusOne + (tile.Length - (tile.Columns - (self >= 0 ? 1 : 0)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddInfoNce(in ScoreTile tile, int i, in RowLogits logits, int column, float* weights, float* unused)
    {
        int row = tile.Row + i, right = RowStatistics.RightAnswer(_numbers[row], column, tile.Columns);
        int length = ScoreEpilogueKernel.Padded(Math.Min(tile.Columns, _pairs - column));
        float* scores = tile.At(i);
        float score = right < 0 ? 0 : scores[right];
        if (right >= 0) scores[right] = ScoreEpilogueKernel.MaskOffset;
        InfoNceRowSums[row] += _kernel.InfoNceRow(scores, logits.Columns + column, ColumnLogs + column, logits.Factor, RowLogs[row],
            logits.Rows[row], length, weights, InfoNceWeight, unused, out float scoreSum);
        ScoreSums[row] += scoreSum;
        if (right < 0) return;
        float weight = DiagonalWeights[row] * InfoNceWeight;
        scores[right] = score;
        weights[right] += weight;
        InfoNceRowSums[row] += weight;
        ScoreSums[row] += (double)weight * score;
    }
}
