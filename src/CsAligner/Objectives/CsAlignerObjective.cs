using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D] images, y [N, D] texts; the first P rows of both are pairs.

/// <summary>
/// The paper's objective (arXiv 2502.17028): L = csWeight * D_CS(x, y) + lambda * InfoNCE(pairs). D_CS runs over all
/// rows, InfoNCE over the first P: so unpaired rows count in D_CS only.
/// <see cref="NaiveObjective.CsAligner"/> is its definition; <see cref="CauchySchwarzDivergence"/> and <see cref="Objectives.InfoNce"/> say
/// what is shifted and clamped. Where float32 scores are exact enough, one product serves both terms.
/// </summary>
public sealed record CsAlignerObjective
{
    /// <summary>sigma of the Gaussian kernel, in the units of the rows; finite and above 0. Not differentiated.</summary>
    public double Bandwidth { get; init; } = 1;

    /// <summary>Multiples of <see cref="Bandwidth"/> over which D_CS is the mean, each finite and above 0; none for the bandwidth alone.
    /// Not with <see cref="Estimator"/>.</summary>
    public IReadOnlyList<double> BandwidthFactors { get; init; } = [];

    /// <summary>Weight of D_CS, finite and at least 0; 0 leaves it out.</summary>
    public double CsWeight { get; init; } = 1;

    /// <summary>lambda, the weight of InfoNCE, finite and at least 0; 0 leaves it out.</summary>
    public double InfoNceWeight { get; init; } = 0.25;

    /// <summary>tau where no logit scale is given; above 0, and 1/tau finite.</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>Whether D_CS leaves the diagonals of its self terms out.</summary>
    public bool OffDiagonal { get; init; }

    /// <summary>
    /// Takes D_CS in time linear in the rows, from landmarks that <see cref="EstimatorSeed"/> draws; null for all pairs. Not with
    /// <see cref="OffDiagonal"/>.
    /// </summary>
    public NystromEstimator? Estimator { get; init; }

    /// <summary>Draws the estimator's landmarks; another one for every step.</summary>
    public ulong EstimatorSeed { get; init; }

    /// <summary>Computes the loss and, on a recording tape, its gradients.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D]; L2-normalised rows if InfoNCE is used.</param>
    /// <param name="y">[N, D].</param>
    /// <param name="logitScale">ln(1/tau), one element, learnable or not; null for <see cref="Temperature"/>.</param>
    /// <param name="pairs">Row i of x belongs to row i of y for i below this; null for min(M, N).</param>
    /// <exception cref="ArgumentException">Shapes or settings do not fit.</exception>
    public ObjectiveResult Forward(Tape tape, Tensor x, Tensor y, Tensor? logitScale = null, int? pairs = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Check(x, y, CsWeight == 0 ? 1 : Bandwidth, OffDiagonal && CsWeight != 0);
        int paired = pairs ?? Math.Min(x.Rows, y.Rows);
        if (paired < 0 || paired > Math.Min(x.Rows, y.Rows))
            throw new ArgumentOutOfRangeException(nameof(pairs), paired, $"Expected 0 to {Math.Min(x.Rows, y.Rows)} pairs.");
        CheckWeight(nameof(CsWeight), CsWeight);
        CheckWeight(nameof(InfoNceWeight), InfoNceWeight);
        double scale = Scale(logitScale);
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y), gradScale = logitScale == null
            ? null
            : tape.GradientFor(logitScale);
        if (gradScale != null) (gradX, gradY) = (gradX ?? Spare(tape, x), gradY ?? Spare(tape, y));
        var parameters = new FusedLossParameters(CsWeight, Bandwidth, OffDiagonal, InfoNceWeight, scale, paired);
        var values = CsWeight == 0 || (Estimator == null && BandwidthFactors.Count == 0)
            ? FusedLossKernel.Compute(x, y, parameters, gradX, gradY)
            : Estimator == null ? OfSeveral(x, y, parameters, gradX, gradY)
            : Estimated(x, y, parameters, Estimator, gradX, gradY);
        return Result(tape, values, scale, (x, x.RequiresGrad ? gradX : null), (y, y.RequiresGrad ? gradY : null), (logitScale, gradScale));
    }

    /// <summary>The same of rows that several ranks share, at one bandwidth and exact; null where float32 does not carry the scores.
    /// A collective operation.</summary>
    internal ObjectiveResult? Forward(Tape tape, RankRows x, RankRows y, RankExchange exchange, Tensor logitScale, int pairs)
    {
        double scale = Scale(logitScale);
        var parameters = new FusedLossParameters(CsWeight, Bandwidth, false, InfoNceWeight, scale, pairs);
        Tensor gradX = tape.Rent(x.Own.Shape), gradY = tape.Rent(y.Own.Shape);
        if (DataParallelLossKernel.Compute(x, y, exchange, parameters, gradX, gradY) is not { } values) return null;
        return Result(tape, values, scale, (x.Own, x.Own.RequiresGrad ? gradX : null), (y.Own, y.Own.RequiresGrad ? gradY : null),
            (logitScale, tape.GradientFor(logitScale)));
    }

    private ObjectiveResult Result(Tape tape, in FusedLossValues values, double scale, (Tensor, Tensor?) x, (Tensor, Tensor?) y,
        (Tensor? Values, Tensor? Gradient) logitScale)
    {
        if (logitScale.Gradient != null)
            logitScale.Gradient.Span[0] = (float)LogScaleGradient(logitScale.Values!, scale, values.GradScale);
        CheckWeighted(nameof(CsWeight), CsWeight, "D_CS", values.CauchySchwarz);
        CheckWeighted(nameof(InfoNceWeight), InfoNceWeight, "InfoNCE", values.InfoNce);
        double loss = (CsWeight * values.CauchySchwarz) + (InfoNceWeight * values.InfoNce);
        var parts = new List<(Tensor, Tensor?)> { x, y };
        if (logitScale.Values != null) parts.Add((logitScale.Values, logitScale.Gradient));
        return new ObjectiveResult(tape.KnownGradient(loss, [.. parts]), values.CauchySchwarz, values.InfoNce);
    }

    private static void CheckWeight(string name, double weight)
    {
        if (!(weight >= 0 && double.IsFinite(weight)))
            throw new ArgumentOutOfRangeException(name, weight, "A weight must be finite and at least 0.");
    }

    // A term that float32 carries, but not so many times.
    private static void CheckWeighted(string name, double weight, string term, double value)
    {
        if (Math.Abs(value) <= float.MaxValue && Math.Abs(weight * value) > float.MaxValue)
            throw new InputException($"{name}: {weight:G4} times {term}, {value:G4}, is beyond float32, which losses are kept in; give "
                + $"{float.MaxValue / 1.001 / Math.Abs(value):G4} or less");
    }

    internal static void Check(Tensor x, Tensor y, double bandwidth, bool offDiagonal)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rank != 2 || y.Rank != 2 || x.Width != y.Width || x.Width == 0)
            throw new ArgumentException($"Objective: expected [M, D] and [N, D] of one width, got {x} and {y}.", nameof(y));
        int fewest = offDiagonal ? 2 : 1;
        if (x.Rows < fewest || y.Rows < fewest)
            throw new ArgumentException(
                $"Objective: {x} and {y} must have at least {fewest} row(s){(offDiagonal ? " for the off-diagonal form" : "")}.",
                nameof(x));
        CheckBandwidth(bandwidth);
    }

    internal static void CheckBandwidth(double bandwidth)
    {
        if (!(bandwidth > 0 && double.IsFinite(bandwidth)))
            throw new ArgumentOutOfRangeException(nameof(bandwidth), bandwidth, "The bandwidth must be finite and above 0.");
    }

    internal static void CheckTemperature(double temperature)
    {
        if (!(temperature > 0 && double.IsFinite(temperature) && double.IsFinite(1 / temperature)))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature,
                "The temperature must be finite and above 0, and so must 1 / temperature.");
    }

    private FusedLossValues OfSeveral(Tensor x, Tensor y, FusedLossParameters loss, Tensor? gradX, Tensor? gradY)
    {
        double[] sigmas = KernelDivergences.Bandwidths(Bandwidth, [.. BandwidthFactors]);
        var values = InfoNceAlone(x, y, loss, gradX, gradY);
        double divergence = KernelMixtureDivergence.Compute(x, y, sigmas, OffDiagonal, logarithms: true, CsWeight, gradX, gradY);
        return values with { CauchySchwarz = divergence };
    }

    private FusedLossValues Estimated(Tensor x, Tensor y, FusedLossParameters loss, NystromEstimator estimator, Tensor? gradX,
        Tensor? gradY)
    {
        if (OffDiagonal) throw new ArgumentException("The estimator has no off-diagonal form.", nameof(estimator));
        if (BandwidthFactors.Count > 0) throw new ArgumentException("The estimator takes one bandwidth.", nameof(estimator));
        var values = InfoNceAlone(x, y, loss, gradX, gradY);
        return values with { CauchySchwarz = estimator.Project(x, y, Bandwidth, CsWeight, EstimatorSeed, gradX, gradY) };
    }

    // InfoNCE alone; gradients are written, zeros without it.
    private static FusedLossValues InfoNceAlone(Tensor x, Tensor y, FusedLossParameters loss, Tensor? gradX, Tensor? gradY)
    {
        if (loss.InfoNceWeight != 0 && loss.Pairs > 0)
            return FusedLossKernel.Compute(x, y, loss with { CsWeight = 0 }, gradX, gradY);
        gradX?.Span.Clear();
        gradY?.Span.Clear();
        return default;
    }

    // The value of the scale needs both sides' passes even where only it is trained.
    private static Tensor Spare(Tape tape, Tensor input)
    {
        return tape.Rent(input.Shape);
    }

    private static double LogScaleGradient(Tensor logitScale, double scale, double gradScale)
    {
        bool atLimit = logitScale.Span[0] >= Math.Log(Objectives.InfoNce.MaxScale);
        return atLimit && gradScale < 0 ? 0 : scale * gradScale;
    }

    private double Scale(Tensor? logitScale)
    {
        if (logitScale is { Length: not 1 })
            throw new ArgumentException($"logit_scale must have one element, got {logitScale}.", nameof(logitScale));
        if (logitScale == null) CheckTemperature(Temperature);
        double scale = logitScale == null ? 1 / Temperature : Math.Exp(logitScale.Span[0]);
        if (!(scale > 0)) throw new ArgumentOutOfRangeException(nameof(logitScale), scale, "The logit scale must be above 0.");
        return logitScale == null ? scale : Math.Min(scale, Objectives.InfoNce.MaxScale);
    }
}
