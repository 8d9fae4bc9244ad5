using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// Divergences that are means over several bandwidths, from one set of scores: of ln k(x,x) + ln k(y,y) - 2 ln k(x,y),
/// or of k(x,x) + k(y,y) - 2 k(x,y), k a mean kernel value. Six products whatever the number of bandwidths; a
/// bandwidth too small or too wide for float32 scores is computed in float64 beside them. The same bits for any number of threads.
/// </summary>
internal static unsafe class KernelMixtureDivergence
{
    /// <summary>The value; gradients are added to those that are not null.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="sigmas">At least one.</param>
    /// <param name="offDiagonal">Leaves i = j out of the self terms.</param>
    /// <param name="logarithms">Logarithms of the means (Cauchy-Schwarz) or the means (maximum mean discrepancy).</param>
    /// <param name="weight">Of the gradients, not of the value.</param>
    /// <param name="gradX">[M, D] or null.</param>
    /// <param name="gradY">[N, D] or null.</param>
    public static double Compute(Tensor x, Tensor y, double[] sigmas, bool offDiagonal, bool logarithms, double weight, Tensor? gradX,
        Tensor? gradY)
    {
        using var scratch = new Scratch();
        float* toX = gradX == null ? null : gradX.Pointer, toY = gradY == null ? null : gradY.Pointer;
        float* centre = CentredRows.CommonCentre(x.Pointer, x.Rows, y.Pointer, y.Rows, x.Width, scratch);
        CentredRows rowsX = new(x.Pointer, x.Rows, x.Width, centre, scratch), rowsY = new(y.Pointer, y.Rows, x.Width, centre, scratch);
        double largest = Math.Max(rowsX.LargestSquare, rowsY.LargestSquare);
        ILookup<bool, double> isSingle =
            sigmas.ToLookup(s => KernelRange.Of(largest, s, KernelRange.TrainingLimit, Math.Min(x.Rows, y.Rows)) == KernelPrecision.Single);
        double[] single = [.. isSingle[true]], precise = [.. isSingle[false]];
        var rule = new Rule(offDiagonal, logarithms, weight / sigmas.Length);
        double value = 0;
        if (gradX != null || gradY != null)
            foreach (double sigma in single) KernelRange.CheckGradient(Math.Sqrt(largest), sigma, rule.Weight, logarithms);
        if (single.Length > 0)
            value += Term(rowsX, rowsX, single, rule, toX, toX) + Term(rowsY, rowsY, single, rule, toY, toY)
                - (2 * Term(rowsX, rowsY, single, rule, toX, toY));
        if (precise.Length > 0) value += InFloat64(rowsX, rowsY, precise, rule, toX, toY);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(gradX);
        GC.KeepAlive(gradY);
        return value / sigmas.Length;
    }

    // Adds the gradient of (self ? 1 : -2) * sum_s f(ln k_s); gives back the sum.
    private static double Term(CentredRows x, CentredRows y, double[] sigmas, Rule rule, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        bool self = ReferenceEquals(x, y), gradients = gradX != null || gradY != null, without = self && rule.OffDiagonal;
        KernelLogits[] logits = [.. sigmas.Select(s => new KernelLogits(x, y, s, scratch))];
        ScoreStatistics[] statistics = [.. logits.Select(l => new ScoreStatistics(x.Count, self, l, null, scratch))];
        var sweep = new ScoreSweep(x, y, scratch);
        if (gradients) sweep.Keep(Float32Terms.ScoreBudget);
        sweep.Run(new CombinedEpilogue(statistics), null, null, false);
        double count = without ? (double)x.Count * (x.Count - 1) : (double)x.Count * y.Count, sum = 0;
        double[] shifts = new double[sigmas.Length], weights = new double[sigmas.Length];
        for (int s = 0; s < sigmas.Length; s++)
        {
            var total = statistics[s].Total;
            double logMean = self ? Float32Terms.LogMean(total, x.Count, without) : total.LogMean(count, 0);
            sum += rule.Value(logMean);
            shifts[s] = logMean + Math.Log(count);
            weights[s] = (self ? 2 : -2) * rule.Slope(logMean) / (sigmas[s] * sigmas[s]);
        }

        if (!gradients) return sum;
        var epilogue = new KernelMixtureWeights(x, y, logits, shifts, weights, scratch);
        sweep.Run(epilogue, gradX, gradY, accumulate: true);
        if (gradX != null) x.Finish(gradX, i => -epilogue.RowSums[i], _ => 0);
        if (gradY != null && !self) y.Finish(gradY, j => -epilogue.ColumnSums[j], _ => 0);
        return sum;
    }

    private static double InFloat64(CentredRows x, CentredRows y, double[] sigmas, Rule rule, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        Float64Rows wideX = x.Widened(scratch, gradX != null), wideY = y.Widened(scratch, gradY != null);
        double value = 0;
        foreach (double sigma in sigmas)
            value += Float64Divergence.Compute(wideX, wideY, width, sigma, rule.OffDiagonal, rule.Logarithms, rule.Weight);

        wideX.AddGradientTo(gradX, width);
        wideY.AddGradientTo(gradY, width);
        return value;
    }

    /// <summary>What a term makes of the logarithm of a mean kernel value. Means are taken minus 1, which cancels:
    /// near 1 they keep their digits.</summary>
    private readonly record struct Rule(bool OffDiagonal, bool Logarithms, double Weight)
    {
        public double Value(double logMean) => Logarithms ? logMean : KernelMeans.MinusOne(logMean);

        public double Slope(double logMean) => Weight * (Logarithms ? 1 : Math.Exp(logMean));
    }
}
