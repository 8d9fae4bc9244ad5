using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>First pass: the total of the kernel values, and InfoNCE's log-sum-exps of rows and columns. Of a set with itself, pairs of
/// distinct rows only.</summary>
internal sealed unsafe class ScoreStatistics : ScoreEpilogue
{
    // Kernel values are summed as they are, without a shift, where the largest of a row is above e^ this.
    private const float Shiftless = -40;

    private readonly ScoreEpilogueKernel _kernel = ScoreEpilogueKernel.For(Simd.Path);
    private readonly KernelLogits? _logits;
    private readonly InfoNceStatistics? _infoNce;
    private readonly bool _symmetric;
    private readonly KernelTotal[] _totals;
    private readonly float* _largest, _sums;

    /// <param name="rows">M.</param>
    /// <param name="symmetric">Rows and columns are one set: pairs of distinct rows are summed, each counted twice.</param>
    /// <param name="logits">Null to leave the kernel out.</param>
    /// <param name="infoNce">Null to leave InfoNCE out.</param>
    /// <param name="scratch">Where partial sums are kept.</param>
    public ScoreStatistics(int rows, bool symmetric, KernelLogits? logits, InfoNceStatistics? infoNce, Scratch scratch)
    {
        (_symmetric, _logits, _infoNce) = (symmetric, logits, infoNce);
        int tasks = Blocks.Count(rows, ScoreEpilogueKernel.Group);
        _totals = new KernelTotal[tasks];
        Array.Fill(_totals, new KernelTotal());
        if (infoNce == null) return;
        _largest = scratch.Floats((long)tasks * ScoreSweep.MostColumns);
        _sums = scratch.Floats((long)tasks * ScoreSweep.MostColumns);
    }

    /// <summary>The kernel's total.</summary>
    public KernelTotal Total
    {
        get
        {
            var total = new KernelTotal();
            foreach (var part in _totals) total.Add(part);
            return total;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in ScoreTile tile, float* weights)
    {
        if (_logits != null) AddKernel(tile, _logits, ref _totals[tile.Task]);
        if (_infoNce != null && tile.Row < _infoNce.Logits.Pairs && tile.Column < _infoNce.Logits.Pairs) AddInfoNce(tile, _infoNce);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void EndBlock(int column, int columns, int tasks)
    {
        if (_infoNce == null) return;
        columns = Math.Min(columns, _infoNce.Logits.Pairs - column);
        if (columns <= 0) return;
        int paired = Math.Min(tasks, Blocks.Count(_infoNce.Logits.Pairs, ScoreEpilogueKernel.Group));
        _kernel.MergeColumnLogSumExps(_largest, _sums, ScoreSweep.MostColumns, paired, ScoreEpilogueKernel.Padded(columns));
        for (int j = 0; j < columns; j++) _infoNce.ColumnLogs[column + j] = (float)(_largest[j] + Math.Log(_sums[j]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddKernel(in ScoreTile tile, KernelLogits logits, ref KernelTotal total)
    {
        float* offsets = logits.Columns + tile.Column;
        for (int i = 0; i < tile.Rows; i++)
        {
            float* scores = tile.At(i);
            int self = _symmetric ? tile.DiagonalOf(i) : -1;
            if (self >= 0) scores[self] = ScoreEpilogueKernel.MaskOffset;
            float row = logits.Rows[tile.Row + i];
            float largest = Math.Min(0, _kernel.Largest(scores, offsets, logits.Factor, tile.Length) + row), shift = largest > Shiftless
                ? 0
                : largest;
            float sum = _kernel.KernelRow(scores, offsets, logits.Factor, row - shift, -shift, tile.Length, null, 1, null,
                out float minusOne);

            // What stands for no pair has brought -1 each; beside a large shift all others have, too.
            int pairs = tile.Columns - (self >= 0 ? 1 : 0);
            double rest = shift == 0 ? minusOne + (tile.Length - pairs) : -pairs;
            int times = _symmetric && tile.Row < tile.Column ? 2 : 1;
            total.Add(shift, times * (double)sum, times * rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddInfoNce(in ScoreTile tile, InfoNceStatistics infoNce)
    {
        var logits = infoNce.Logits;
        int rows = Math.Min(tile.Rows, logits.Pairs - tile.Row),
            length = ScoreEpilogueKernel.Padded(Math.Min(tile.Columns, logits.Pairs - tile.Column));
        for (int i = 0; i < rows; i++)
        {
            if (tile.DiagonalOf(i) is not (>= 0 and int right)) continue;
            infoNce.Right[tile.Row + i] = tile.At(i)[right];
            tile.At(i)[right] = ScoreEpilogueKernel.MaskOffset;
        }
        float* offsets = logits.Columns + tile.Column;
        for (int i = 0; i < rows; i++)
        {
            float largest = _kernel.Largest(tile.At(i), offsets, logits.Scale, length);
            infoNce.AddToRow(tile.Row + i, largest, _kernel.ExpSum(tile.At(i), offsets, logits.Scale, -largest, length));
        }
        nint place = (nint)tile.Task * ScoreSweep.MostColumns;
        _kernel.ColumnLogSumExps(tile.Scores, tile.Length, rows, logits.Rows + tile.Row, logits.Scale, length, _largest + place,
            _sums + place);
        for (int i = 0; i < rows; i++)
            if (tile.DiagonalOf(i) is >= 0 and int right) tile.At(i)[right] = infoNce.Right[tile.Row + i];
    }
}
