using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// Second pass: scores become the weights of the gradients, the kernel's and InfoNCE's in one matrix. Beside them their sums over rows
/// and columns, of which the parts of the gradients are made that stay at a point itself.
/// </summary>
internal sealed unsafe class ScoreWeights : ScoreEpilogue
{
    private readonly ScoreEpilogueKernel _kernel = ScoreEpilogueKernel.For(Simd.Path);
    private readonly KernelLogits? _logits;
    private readonly InfoNceStatistics? _infoNce;
    private readonly bool _symmetric;
    private readonly float _shift, _weight, _infoNceWeight;
    private readonly float* _columnParts;
    private readonly KernelTotal[] _totals;
    private readonly double* _scoreSums;

    /// <param name="x">The rows.</param>
    /// <param name="y">The columns; x again for pairs of distinct rows of one set, whose sums over columns are then added to those of
    /// rows.</param>
    /// <param name="logits">Null to leave the kernel out.</param>
    /// <param name="shift">Weights are weight * exp(logit - shift).</param>
    /// <param name="weight">Weight of the kernel values.</param>
    /// <param name="infoNce">Complete; null to leave InfoNCE out.</param>
    /// <param name="infoNceWeight">Weight of the probabilities, of rows and of columns each.</param>
    /// <param name="scratch">Where sums are kept.</param>
    public ScoreWeights(
        CentredRows x, CentredRows y, KernelLogits? logits, double shift, double weight, InfoNceStatistics? infoNce,
        double infoNceWeight, Scratch scratch)
    {
        (_logits, _infoNce, _symmetric) = (logits, infoNce, ReferenceEquals(x, y));
        (_shift, _weight, _infoNceWeight) = ((float)shift, (float)weight, (float)infoNceWeight);
        int tasks = Blocks.Count(x.Count, ScoreEpilogueKernel.Group);
        _columnParts = scratch.Floats(2 * (long)tasks * ScoreSweep.MostColumns);
        _totals = new KernelTotal[tasks];
        Array.Fill(_totals, new KernelTotal());
        RowSums = scratch.Doubles(x.Count);
        InfoNceRowSums = scratch.Doubles(x.Count);
        _scoreSums = scratch.Doubles(x.Count);
        ColumnSums = _symmetric ? RowSums : scratch.Doubles(y.Count);
        InfoNceColumnSums = scratch.Doubles(y.Count);
    }

    /// <summary>Sums of the kernel's weights over each row.</summary>
    public double* RowSums { get; }

    /// <summary>Sums of the kernel's weights over each column.</summary>
    public double* ColumnSums { get; }

    /// <summary>Sums of InfoNCE's weights over each row.</summary>
    public double* InfoNceRowSums { get; }

    /// <summary>Sums of InfoNCE's weights over each column.</summary>
    public double* InfoNceColumnSums { get; }

    /// <summary>The kernel's total, relative to e^shift.</summary>
    public KernelTotal Total
    {
        get
        {
            var total = new KernelTotal();
            foreach (var part in _totals) total.Add(part);
            return total;
        }
    }

    /// <summary>The sum of InfoNCE's weights times the scores of the rows as they were before centring.</summary>
    public double ScoreSum(CentredRows x, CentredRows y)
    {
        double sum = 0, half = 0.5 * x.CentreSquare;
        for (int i = 0; i < x.Count; i++) sum += _scoreSums[i] + (InfoNceRowSums[i] * (x.Dots[i] + half));
        for (int j = 0; j < y.Count; j++) sum += InfoNceColumnSums[j] * (y.Dots[j] + half);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in ScoreTile tile, float* weights)
    {
        float* kernelParts = _columnParts + (2 * (nint)tile.Task * ScoreSweep.MostColumns),
            infoNceParts = kernelParts + ScoreSweep.MostColumns;
        new Span<float>(kernelParts, 2 * ScoreSweep.MostColumns).Clear();
        int pairs = _infoNce == null || tile.Column >= _infoNce.Logits.Pairs ? 0 : _infoNce.Logits.Pairs;
        for (int i = 0; i < tile.Rows; i++)
        {
            float* row = weights + ((nint)i * tile.Length);
            if (_logits != null) SetKernel(tile, i, _logits, row, kernelParts);
            else new Span<float>(row, tile.Length).Clear();
            if (tile.Row + i < pairs) AddInfoNce(tile, i, _infoNce!, row, infoNceParts);
        }
    }

    public override void EndBlock(int column, int columns, int tasks)
    {
        if (_symmetric) tasks = Math.Min(tasks, column / ScoreEpilogueKernel.Group);
        for (int task = 0; task < tasks; task++)
        {
            float* parts = _columnParts + (2 * (nint)task * ScoreSweep.MostColumns);
            if (_logits != null) AddTo(ColumnSums + column, parts, columns);
            if (_infoNce != null) AddTo(InfoNceColumnSums + column, parts + ScoreSweep.MostColumns, columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTo(double* sums, float* parts, int columns)
    {
        int j = 0;
        for (; j <= columns - Vector256<float>.Count; j += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(parts + j));
            (Vector256.Load(sums + j) + low).Store(sums + j);
            (Vector256.Load(sums + j + Vector256<double>.Count) + high).Store(sums + j + Vector256<double>.Count);
        }
        for (; j < columns; j++) sums[j] += parts[j];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetKernel(in ScoreTile tile, int i, KernelLogits logits, float* weights, float* columnParts)
    {
        float* scores = tile.At(i);
        int self = _symmetric ? tile.DiagonalOf(i) : -1;
        if (self >= 0) scores[self] = ScoreEpilogueKernel.MaskOffset;
        float sum = _kernel.KernelRow(
            scores, logits.Columns + tile.Column, logits.Factor, logits.Rows[tile.Row + i] - _shift, -_shift, tile.Length, weights, _weight,
            columnParts, out float minusOne);
        RowSums[tile.Row + i] += (double)sum * _weight;
        int times = _symmetric && tile.Row < tile.Column ? 2 : 1;
        int pairs = tile.Columns - (self >= 0 ? 1 : 0);
        _totals[tile.Task].Add(0, times * (double)sum, times * (minusOne + (tile.Length - pairs)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddInfoNce(in ScoreTile tile, int i, InfoNceStatistics infoNce, float* weights, float* columnParts)
    {
        var logits = infoNce.Logits;
        float* scores = tile.At(i);
        int row = tile.Row + i, right = tile.DiagonalOf(i);
        int length = ScoreEpilogueKernel.Padded(Math.Min(tile.Columns, logits.Pairs - tile.Column));
        float score = right < 0 ? 0 : scores[right];
        if (right >= 0) scores[right] = ScoreEpilogueKernel.MaskOffset;
        InfoNceRowSums[row] += _kernel.InfoNceRow(
            scores, logits.Columns + tile.Column, infoNce.ColumnLogs + tile.Column, logits.Scale, infoNce.RowLogs[row],
            logits.Rows[row], length,
            weights, _infoNceWeight, columnParts, out float scoreSum);
        _scoreSums[row] += scoreSum;
        if (right < 0) return;
        float weight = infoNce.DiagonalWeights[row] * _infoNceWeight;
        scores[right] = score;
        weights[right] += weight;
        columnParts[right] += weight;
        InfoNceRowSums[row] += weight;
        _scoreSums[row] += (double)weight * score;
    }
}
