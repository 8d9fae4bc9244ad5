using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D], all rows of all ranks; own rows [m, D] and [n, D]. The first P rows of both sets are pairs.

/// <summary>
/// What <see cref="FusedLossKernel"/> computes, over several ranks: each makes the statistics and gradients of its own rows against all.
/// In products of 2 M N D flops over all ranks together: 2 for each self term and 4 for the cross term, in both directions (6 where the
/// scores do not fit the budget); 6 in all with one rank alone, which uses symmetry. Float32 scores of centred rows only.
/// </summary>
/// <remarks>
/// What a row gets depends on that row, on all columns in blocks of a fixed size, and on numbers of all rows added in the order of the
/// rows: the same bits for any number of ranks, however the rows are shared among them.
/// </remarks>
internal sealed unsafe class DataParallelLossKernel
{
    // Per row: sum and sum - 1 of the self term; shift, sum and sum - 1 of the cross term; largest and sum of InfoNCE's wrong
    // answers; score of the right one.
    private const int Statistics = 8;

    private readonly RankExchange _exchange;
    private readonly FusedLossParameters _loss;
    private readonly Side _x, _y;
    private readonly bool _hasKernel, _hasInfoNce;
    private readonly Scratch _scratch;
    private readonly float* _centre;

    private DataParallelLossKernel(RankRows x, RankRows y, RankExchange exchange, in FusedLossParameters loss, Scratch scratch)
    {
        (_exchange, _loss, _scratch) = (exchange, loss, scratch);
        (_hasKernel, _hasInfoNce) = (loss.CsWeight != 0, loss.InfoNceWeight != 0 && loss.Pairs > 0);

        // Without the kernel only pairs count.
        (_x, _y) = (new Side(x, _hasKernel ? x.Shares : x.Shares.PairsAlone), new Side(y, _hasKernel ? y.Shares : y.Shares.PairsAlone));
        _centre = scratch.Floats(x.Width);
    }

    /// <summary>Values and the gradients of the own rows; null where float32 does not carry them: on all ranks or on none.</summary>
    /// <param name="x">The images.</param>
    /// <param name="y">The texts.</param>
    /// <param name="exchange">The other ranks.</param>
    /// <param name="loss">The terms; not off the diagonal.</param>
    /// <param name="gradX">[m, D].</param>
    /// <param name="gradY">[n, D].</param>
    public static FusedLossValues? Compute(
        RankRows x, RankRows y, RankExchange exchange, in FusedLossParameters loss, Tensor gradX, Tensor gradY)
    {
        using var scratch = new Scratch();
        var kernel = new DataParallelLossKernel(x, y, exchange, loss, scratch);
        kernel._x.Gradient = gradX.Pointer;
        kernel._y.Gradient = gradY.Pointer;
        FusedLossValues? values;
        if (!kernel._hasKernel && !kernel._hasInfoNce)
        {
            kernel._x.ClearGradient(0);
            kernel._y.ClearGradient(0);
            values = default(FusedLossValues);
        }
        else if (!kernel.FindCentre())
        {
            values = null;
        }
        else
        {
            kernel.Measure();
            values = kernel.IsCarried() ? kernel.Run() : null;
        }

        foreach (var tensor in new[] { x.Own, y.Own, gradX, gradY }) GC.KeepAlive(tensor);
        return values;
    }

    // The mean in fixed point: exact sums, whoever adds them up. Not finite rows have none.
    private bool FindCentre()
    {
        double largest = _exchange.Max(Math.Max(Largest(_x), Largest(_y)));
        if (!double.IsFinite(largest)) return false;
        int width = _x.Width;
        double count = (double)_x.Count + _y.Count;
        int bits = largest == 0 ? 0 : 61 - (int)Math.Ceiling(Math.Log2(count)) - (Math.ILogB(largest) + 1);
        var sums = new long[width];
        foreach (var side in new[] { _x, _y })
            for (int i = 0; i < side.OwnCount; i++)
                for (int d = 0; d < width; d++)
                    sums[d] += (long)Math.ScaleB(side.Own[((nint)i * width) + d], bits);
        _exchange.Sum(sums);
        for (int d = 0; d < width; d++) _centre[d] = (float)(Math.ScaleB(sums[d], -bits) / count);
        return true;

        double Largest(Side side)
        {
            double most = 0;
            for (nint i = 0; i < (nint)side.OwnCount * side.Width; i++)
            {
                float value = Math.Abs(side.Own[i]);
                if (!(value <= most)) most = float.IsNaN(value) ? double.PositiveInfinity : value;
            }

            return most;
        }
    }

    // |x_i - c|^2 / 2 and (x_i - c) . c of all rows.
    private void Measure()
    {
        foreach (var side in new[] { _x, _y })
        {
            side.Centred = new CentredRows(side.Own, side.OwnCount, side.Width, _centre, _scratch);
            double* measures = _scratch.Doubles(2L * side.Count);
            for (int i = 0; i < side.OwnCount; i++)
            {
                double* row = measures + (2 * (nint)side.Numbers[i]);
                (row[0], row[1]) = (side.Centred.HalfNorms[i], side.Centred.Dots[i]);
            }

            side.Gather(_exchange, measures, 2);
            side.Measures = measures;
            double largestSquare = 0, largestDot = 0;
            for (nint i = 0; i < side.Count; i++)
            {
                largestSquare = Math.Max(largestSquare, 2 * measures[2 * i]);
                largestDot = Math.Max(largestDot, Math.Abs(measures[(2 * i) + 1]));
            }

            side.Extent = new RowExtent(largestSquare, largestDot, side.Centred.CentreSquare);
        }
    }

    private bool IsCarried()
    {
        double largestSquare = Math.Max(_x.Extent.LargestSquare, _y.Extent.LargestSquare);
        if (_hasKernel && KernelRange.Of(largestSquare, _loss.Sigma, KernelRange.TrainingLimit, Math.Min(_x.Count, _y.Count))
            != KernelPrecision.Single) return false;
        if (_hasInfoNce && !FusedLossKernel.HasSingleLogits(_x.Extent, _y.Extent, _loss.Scale)) return false;
        if (_hasKernel) KernelRange.CheckGradient(Math.Sqrt(largestSquare), _loss.Sigma, _loss.CsWeight, logarithms: true);
        if (_hasInfoNce) FusedLossKernel.CheckInfoNceWeight(_x.Extent, _y.Extent, _loss);
        return true;
    }

    private FusedLossValues Run()
    {
        SetLogits(_x, _y);
        SetLogits(_y, _x);
        foreach (var side in new[] { _x, _y })
        {
            side.Statistics = _scratch.Doubles((long)Statistics * side.Count);
            side.ClearGradient(_hasKernel ? side.OwnCount : 0);
        }

        FirstPass(_x, _y);
        FirstPass(_y, _x);
        foreach (var side in new[] { _x, _y }) side.Gather(_exchange, side.Statistics, Statistics);

        double factor = _loss.CsWeight == 0 ? 0 : 1 / (_loss.Sigma * _loss.Sigma), divergence = 0, shift = 0;
        if (_hasKernel)
        {
            var cross = new KernelTotal();
            for (nint i = 0; i < _x.Count; i++)
            {
                double* row = _x.Statistics + (Statistics * i);
                cross.Add(row[2], row[3], row[4]);
            }

            divergence = FinishSelfTerm(_x, factor) + FinishSelfTerm(_y, factor)
                - (2 * cross.LogMean((double)_x.Count * _y.Count, 0));
            shift = cross.Log;
        }

        double infoNce = _hasInfoNce ? CompleteInfoNce() : 0;
        SetWeights(_x, shift, -2 * _loss.CsWeight * factor);
        SetWeights(_y, shift, -2 * _loss.CsWeight * factor);
        SecondPass(_x, _y);
        SecondPass(_y, _x);
        foreach (var side in new[] { _x, _y })
        {
            var (weights, self) = (side.Weights!, side.SelfWeights!);
            side.Centred.Finish(
                side.Gradient, i => -weights.RowSums[i] - (side.SelfScale * self.RowSums[i]), i => weights.InfoNceRowSums[i]);
        }

        return new FusedLossValues(divergence, infoNce, _hasInfoNce ? ScoreSum() / _loss.Scale : 0);
    }

    // Logits of own rows with the columns of the same set, and with those of the other.
    private void SetLogits(Side side, Side other)
    {
        int own = side.OwnCount;
        if (_hasKernel)
        {
            float factor = (float)(1 / (_loss.Sigma * _loss.Sigma));
            float* rows = RowLogits.Offsets(side.Centred.HalfNorms, 1, own, own, -factor, _scratch);
            side.SelfLogits = new RowLogits(factor, rows, Columns(side, 0, side.Count, -factor));
            side.KernelLogits = new RowLogits(factor, rows, Columns(other, 0, other.Count, -factor));
        }

        float scale = (float)_loss.Scale;
        if (_hasInfoNce)
            side.PairLogits = new RowLogits(
                scale, RowLogits.Offsets(side.Centred.Dots, 1, side.Numbers.Paired, own, scale, _scratch),
                Columns(other, 1, _loss.Pairs, scale));
        side.Seen = new RowStatistics(side.Numbers, side.KernelLogits, side.PairLogits, _loss.Pairs, _scratch);
        side.SelfWeights = new RowWeights(side.Numbers, true, side.SelfLogits, 0, 1, null, 0, _scratch);

        float* Columns(Side of, int measure, int count, float times) =>
            RowLogits.Offsets(of.Measures + measure, 2, count, of.Count, times, _scratch);
    }

    // All rows of a set pass by: they are columns to its own rows, whose self term is done, and to the other set's.
    private void FirstPass(Side columns, Side rows)
    {
        columns.ForEachWindow((window, first, count) =>
        {
            bool whole = columns.IsHere;
            using var passing = new Scratch();
            var scratch = whole ? _scratch : passing;
            var centred = new CentredRows(window, count, columns.Width, _centre, scratch);
            if (_hasKernel && columns.OwnCount > 0)
            {
                columns.SelfWeights!.FirstColumn = first;
                new ScoreSweep(columns.Centred, centred, passing).Run(columns.SelfWeights, columns.Gradient, null, accumulate: first > 0);
            }

            // Kernel values are symmetric: one direction has their total.
            if (rows.OwnCount == 0 || (!_hasInfoNce && rows == _y)) return;
            var sweep = new ScoreSweep(rows.Centred, centred, scratch);
            if (whole)
            {
                sweep.Keep(Float32Terms.ScoreBudget / 2);
                rows.Kept = sweep;
            }

            rows.Seen!.FirstColumn = first;
            sweep.Run(rows.Seen, null, null, false);
        });
        for (int i = 0; i < columns.OwnCount; i++)
        {
            double* row = columns.Statistics + (Statistics * (nint)columns.Numbers[i]);
            (row[0], row[1]) = (columns.SelfWeights!.RowSums[i], columns.SelfWeights.MinusOne[i]);
        }

        for (int i = 0; i < rows.OwnCount; i++)
        {
            double* row = rows.Statistics + (Statistics * (nint)rows.Numbers[i]);
            (row[2], row[3], row[4]) = (rows.Seen!.Totals[i].Shift, rows.Seen.Totals[i].Sum, rows.Seen.Totals[i].MinusOne);
            (row[5], row[6], row[7]) = (rows.Seen.Largest[i], rows.Seen.Sums[i], rows.Seen.Right[i]);
        }
    }

    // ln of the mean kernel value within a set; see Float32Terms.SelfTerm.
    private double FinishSelfTerm(Side side, double factor)
    {
        var total = new KernelTotal();
        for (nint i = 0; i < side.Count; i++) total.Add(0, side.Statistics[Statistics * i], side.Statistics[(Statistics * i) + 1]);
        double logMean = Float32Terms.LogMean(total, side.Count, offDiagonal: false);
        total.Add(0, side.Count, 0);
        side.SelfScale = 2 * _loss.CsWeight * factor * Math.Exp(-total.Log);
        return logMean;
    }

    // As InfoNceStatistics.Complete.
    private double CompleteInfoNce()
    {
        float* rowLogs = _scratch.Floats(ScoreEpilogueKernel.Padded(_x.Count), -ScoreEpilogueKernel.MaskOffset);
        float* columnLogs = _scratch.Floats(ScoreEpilogueKernel.Padded(_y.Count), -ScoreEpilogueKernel.MaskOffset);
        float* diagonal = _scratch.Floats(_loss.Pairs);
        float scale = (float)_loss.Scale;
        double loss = 0;
        for (nint i = 0; i < _loss.Pairs; i++)
        {
            double* x = _x.Statistics + (Statistics * i), y = _y.Statistics + (Statistics * i);
            var right = (float)x[7];
            double inRow = MathF.FusedMultiplyAdd(right, scale, _x.PairLogits!.Value.Columns[i]),
                inColumn = MathF.FusedMultiplyAdd(right, scale, _y.PairLogits!.Value.Columns[i]);
            double rowLead = x[5] + Math.Log(x[6]) - inRow, columnLead = y[5] + Math.Log(y[6]) - inColumn;
            double rowLoss = InfoNceStatistics.SoftPlus(rowLead), columnLoss = InfoNceStatistics.SoftPlus(columnLead);
            loss += 0.5 * (rowLoss + columnLoss);
            rowLogs[i] = (float)(inRow + rowLoss);
            columnLogs[i] = (float)(inColumn + columnLoss);
            diagonal[i] = -(float)(InfoNceStatistics.Sigmoid(rowLead) + InfoNceStatistics.Sigmoid(columnLead));
        }

        _x.Logs = rowLogs;
        _y.Logs = columnLogs;
        _x.Diagonal = _y.Diagonal = diagonal;
        return loss / _loss.Pairs;
    }

    private void SetWeights(Side side, double shift, double weight)
    {
        var other = side == _x ? _y : _x;
        side.Weights = new RowWeights(side.Numbers, false, side.KernelLogits, shift, weight, side.PairLogits, _loss.Pairs,
            _scratch)
        {
            InfoNceWeight = (float)(_hasInfoNce ? 0.5 * _loss.InfoNceWeight * _loss.Scale / _loss.Pairs : 0),
            RowLogs = side.Logs + side.Numbers.FirstPaired,
            ColumnLogs = other.Logs,
            DiagonalWeights = side.Diagonal + side.Numbers.FirstPaired,
        };
    }

    private void SecondPass(Side columns, Side rows)
    {
        void Add(ScoreSweep sweep, int first)
        {
            rows.Weights!.FirstColumn = first;
            sweep.Run(rows.Weights, rows.Gradient, null, accumulate: true, first == 0 ? (float)rows.SelfScale : 1);
        }

        // All ranks let the rows pass, or none does.
        if (columns.IsHere)
        {
            if (rows.OwnCount == 0) return;
            if (rows.Kept is { } kept) Add(kept, 0);
            else columns.ForEachWindow((window, _, count) => Sweep(window, 0, count));
            return;
        }

        columns.ForEachWindow(Sweep);

        void Sweep(float* window, int first, int count)
        {
            if (rows.OwnCount == 0) return;
            using var passing = new Scratch();
            Add(new ScoreSweep(rows.Centred, new CentredRows(window, count, columns.Width, _centre, passing), passing), first);
        }
    }

    // See ScoreWeights.ScoreSum.
    private double ScoreSum()
    {
        double sum = 0;
        foreach (var side in new[] { _x, _y })
        {
            double* sums = _scratch.Doubles(side.Count);
            double half = 0.5 * side.Extent.CentreSquare;
            for (int i = 0; i < side.OwnCount; i++)
            {
                sums[side.Numbers[i]] = (side == _x ? side.Weights!.ScoreSums[i] : 0)
                    + (side.Weights!.InfoNceRowSums[i] * (side.Centred.Dots[i] + half));
            }

            side.Gather(_exchange, sums, 1);
            for (int i = 0; i < side.Count; i++) sum += sums[i];
        }

        return sum;
    }

    /// <summary>One of the two sets: its rows, as many as count, and what has been found of them.</summary>
    private sealed class Side(RankRows rows, RowShares shares)
    {
        public int Count => shares.Count;

        public int Width => rows.Width;

        /// <summary>The own rows that count: without the kernel, pairs alone.</summary>
        public RowNumbers Numbers => shares.Own;

        public int OwnCount => Numbers.Count;

        public float* Own => rows.Own.Pointer;

        /// <summary>Whether all rows lie here.</summary>
        public bool IsHere => rows.IsHere;

        /// <summary>Of the own rows, those beyond count included.</summary>
        public float* Gradient { get; set; }

        public CentredRows Centred { get; set; } = null!;

        public RowExtent Extent { get; set; }

        /// <summary>|x_i - c|^2 / 2 and (x_i - c) . c of all rows.</summary>
        public double* Measures { get; set; }

        /// <summary>What the first pass has found of all rows.</summary>
        public double* Statistics { get; set; }

        public RowLogits? SelfLogits { get; set; }

        public RowLogits? KernelLogits { get; set; }

        public RowLogits? PairLogits { get; set; }

        public RowStatistics? Seen { get; set; }

        public RowWeights? SelfWeights { get; set; }

        public RowWeights? Weights { get; set; }

        /// <summary>The sweep of the own rows against the other set that has kept its scores.</summary>
        public ScoreSweep? Kept { get; set; }

        /// <summary>What the self term's part of the gradient is still to be multiplied by.</summary>
        public double SelfScale { get; set; } = 1;

        /// <summary>InfoNCE's log-sum-exps over all answers, of all rows.</summary>
        public float* Logs { get; set; }

        /// <summary>InfoNCE's weights of the right answers, of all pairs.</summary>
        public float* Diagonal { get; set; }

        public void ClearGradient(int from) =>
            new Span<float>(Gradient + ((nint)from * Width), checked((rows.Shares.Own.Count - from) * Width)).Clear();

        public void Gather(RankExchange exchange, double* values, int perRow) =>
            exchange.GatherRows(new Span<double>(values, checked(Count * perRow)), perRow, shares);

        /// <summary>See <see cref="RankRows.ForEachWindow"/>; of the rows that count.</summary>
        public void ForEachWindow(RankRows.Visitor visit) => rows.ForEachWindow(Count, visit);
    }
}
