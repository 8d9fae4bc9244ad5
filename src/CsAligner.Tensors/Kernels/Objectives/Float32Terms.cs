using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D]; the first P rows of both are pairs.

/// <summary>
/// The terms of the objective in float32 with float64 sums, by sweeps over tiles of scores: half a product and one more for a
/// self term, three for the cross term and InfoNCE together (four where the scores do not fit the budget). Memory
/// O((M + N) D + budget). The same bits for any number of threads.
/// </summary>
internal static unsafe class Float32Terms
{
    // Below this the largest kernel values may have been lost to underflow, and what is left is a sum of few.
    private const double Underflow = 1e-28;

    /// <summary>Floats of scores that the cross term keeps between its passes. Tests set it.</summary>
    public static long ScoreBudget { get; set; } = 17 << 20;

    /// <summary>The total of the kernel values over pairs of distinct rows.</summary>
    public static KernelTotal SelfTotal(CentredRows x, double sigma)
    {
        using var scratch = new Scratch();
        var statistics = new ScoreStatistics(x.Count, true, new KernelLogits(x, x, sigma, scratch), null, scratch);
        new ScoreSweep(x, x, scratch).Run(statistics, null, null, false);
        return statistics.Total;
    }

    /// <summary>ln of the mean kernel value that a total over pairs of distinct rows gives.</summary>
    public static double LogMean(in KernelTotal total, int rows, bool offDiagonal) =>
        offDiagonal ? total.LogMean((double)rows * (rows - 1), 0) : total.LogMean((double)rows * rows, rows);

    /// <summary>
    /// ln of the mean kernel value over pairs of rows of x; its gradient times <paramref name="weight"/> is written to
    /// <paramref name="grad"/>, not yet finished, and x's panels are left in <paramref name="panels"/>. What the result refers to comes
    /// from <paramref name="sums"/>, the panels from <paramref name="packed"/>.
    /// </summary>
    public static SelfTermResult SelfTerm(CentredRows x, double sigma, bool offDiagonal, double weight, float* grad, Scratch sums,
        Scratch packed, out RowPanels panels)
    {
        using var scratch = new Scratch();
        var logits = new KernelLogits(x, x, sigma, scratch);
        var sweep = new ScoreSweep(x, x, scratch);
        panels = sweep.NewPanels(packed);
        sweep.UsePanels(panels);
        var weights = new ScoreWeights(x, x, logits, 0, 1, null, 0, sums);
        sweep.Run(weights, grad, grad, accumulate: false);
        var total = weights.Total;
        double logMean = LogMean(total, x.Count, offDiagonal), logTotal = total.Log;
        if (!offDiagonal)
        {
            total.Add(0, x.Count, 0);
            logTotal = total.Log;
        }
        else if (!(total.Sum > Underflow * x.Count * x.Count))
        {
            // Without its diagonal the largest value may be anything: find the total first.
            total = SelfTotal(x, sigma);
            (logMean, logTotal) = (LogMean(total, x.Count, true), 0);
            weights = new ScoreWeights(x, x, logits, total.Log, 1, null, 0, sums);
            sweep.Run(weights, grad, grad, accumulate: false);
        }
        return new SelfTermResult(logMean, 2 * weight / (sigma * sigma) * Math.Exp(-logTotal), weights.RowSums);
    }

    /// <summary>
    /// ln of the mean kernel value between x and y (its gradient times -2 of D_CS's weight; a weight of 0 leaves it out and the value 0)
    /// and InfoNCE over the first pairs (times its weight; 0 leaves it out): one product of scores serves both. Gradients are added to
    /// those that are not null, and what the self terms have left there is finished.
    /// </summary>
    public static (double LogMeanKernel, double InfoNce, double GradScale) CrossTerm(
        CrossTermSide first, CrossTermSide second, in FusedLossParameters loss)
    {
        using var scratch = new Scratch();
        CentredRows x = first.Rows, y = second.Rows;
        float* gradX = first.Gradient, gradY = second.Gradient;
        bool gradients = gradX != null || gradY != null;
        var kernel = loss.CsWeight == 0 ? null : new KernelLogits(x, y, loss.Sigma, scratch);
        var pairStatistics = loss.InfoNceWeight == 0 || loss.Pairs == 0
            ? null
            : new InfoNceStatistics(new InfoNceLogits(x, y, loss.Pairs, loss.Scale, scratch), y.Count, scratch);
        var sweep = new ScoreSweep(x, y, scratch);
        if (gradients) sweep.Keep(ScoreBudget);
        if (first.Panels != null) sweep.UsePanels(first.Panels);
        var statistics = new ScoreStatistics(x.Count, false, kernel, pairStatistics, scratch);
        sweep.Run(statistics, null, null, false);
        double logMean = kernel == null ? 0 : statistics.Total.LogMean((double)x.Count * y.Count, 0),
            infoNce = pairStatistics?.Complete() ?? 0;
        if (!gradients) return (logMean, infoNce, 0);

        double logitWeight = pairStatistics == null ? 0 : 0.5 * loss.InfoNceWeight * loss.Scale / loss.Pairs;
        double shift = kernel == null ? 0 : statistics.Total.Log, kernelWeight = -2 * loss.CsWeight / (loss.Sigma * loss.Sigma);
        var weights = new ScoreWeights(x, y, kernel, shift, kernelWeight, pairStatistics, logitWeight, scratch);
        SelfTermResult selfX = first.Self, selfY = second.Self;
        sweep.Run(weights, gradX, gradY, accumulate: true, (float)selfX.Scale, (float)selfY.Scale);
        if (gradX != null) x.Finish(gradX, i => -weights.RowSums[i] - selfX.Own(i), i => weights.InfoNceRowSums[i]);
        if (gradY != null) y.Finish(gradY, j => -weights.ColumnSums[j] - selfY.Own(j), j => weights.InfoNceColumnSums[j]);
        return (logMean, infoNce, pairStatistics == null ? 0 : weights.ScoreSum(x, y) / loss.Scale);
    }
}
