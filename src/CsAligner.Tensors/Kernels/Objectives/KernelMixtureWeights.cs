using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>Scores become the weights of the gradients of several kernels together:
/// weights_ij = sum_s weight_s exp(logit_s,ij - shift_s).</summary>
internal sealed unsafe class KernelMixtureWeights : ScoreEpilogue
{
    private readonly ScoreEpilogueKernel _kernel = ScoreEpilogueKernel.For(Simd.Path);
    private readonly KernelLogits[] _logits;
    private readonly double[] _shifts, _weights;
    private readonly bool _symmetric;
    private readonly float* _columnParts;

    /// <param name="x">The rows.</param>
    /// <param name="y">The columns; x again for pairs of distinct rows of one set.</param>
    /// <param name="logits">One for each kernel.</param>
    /// <param name="shifts">One for each kernel.</param>
    /// <param name="weights">One for each kernel.</param>
    /// <param name="scratch">Where sums are kept.</param>
    public KernelMixtureWeights(CentredRows x, CentredRows y, KernelLogits[] logits, double[] shifts, double[] weights, Scratch scratch)
    {
        (_logits, _shifts, _weights, _symmetric) = (logits, shifts, weights, ReferenceEquals(x, y));
        _columnParts = scratch.Floats((long)Blocks.Count(x.Count, ScoreEpilogueKernel.Group) * ScoreSweep.MostColumns);
        RowSums = scratch.Doubles(x.Count);
        ColumnSums = _symmetric ? RowSums : scratch.Doubles(y.Count);
    }

    /// <summary>Sums of the weights over each row.</summary>
    public double* RowSums { get; }

    /// <summary>Sums of the weights over each column.</summary>
    public double* ColumnSums { get; }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in ScoreTile tile, float* weights)
    {
        float* parts = _columnParts + ((nint)tile.Task * ScoreSweep.MostColumns), another = stackalloc float[ScoreSweep.MostColumns];
        new Span<float>(parts, ScoreSweep.MostColumns).Clear();
        for (int i = 0; i < tile.Rows; i++)
        {
            float* scores = tile.At(i), row = weights + ((nint)i * tile.Length);
            if (_symmetric && tile.DiagonalOf(i) is >= 0 and int self) scores[self] = ScoreEpilogueKernel.MaskOffset;
            for (int s = 0; s < _logits.Length; s++)
            {
                var logits = _logits[s];
                float shift = (float)_shifts[s], weight = (float)_weights[s];
                float sum = _kernel.KernelRow(
                    scores, logits.Columns + tile.Column, logits.Factor, logits.Rows[tile.Row + i] - shift, -shift, tile.Length,
                    s == 0 ? row : another, weight, parts, out _);
                RowSums[tile.Row + i] += (double)sum * weight;
                if (s > 0) TensorPrimitives.Add(new ReadOnlySpan<float>(row, tile.Length), new ReadOnlySpan<float>(another, tile.Length),
                    new Span<float>(row, tile.Length));
            }
        }
    }

    public override void EndBlock(int column, int columns, int tasks)
    {
        if (_symmetric) tasks = Math.Min(tasks, column / ScoreEpilogueKernel.Group);
        for (int task = 0; task < tasks; task++)
        {
            float* parts = _columnParts + ((nint)task * ScoreSweep.MostColumns);
            for (int j = 0; j < columns; j++) ColumnSums[column + j] += parts[j];
        }
    }
}
