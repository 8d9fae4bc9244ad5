using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Training;

// Shapes: x [P + U, D] images and y [P + V, D] texts, the first P rows of both are pairs.

/// <summary>The loss of a step: the terms of the objective, and D_CS of tokens beside them.</summary>
internal sealed class AlignmentLoss
{
    // A stream of the seed that no epoch uses.
    private const ulong ParameterStream = ulong.MaxValue;

    private readonly AlignmentOptions _options;
    private readonly Tensor _logScale;
    private readonly (ObjectiveTerm Term, IReadOnlyList<(string Name, Tensor Values)> Parameters)[] _terms;

    /// <param name="options">The options of the run.</param>
    /// <param name="width">D.</param>
    public AlignmentLoss(AlignmentOptions options, int width)
    {
        _options = options;
        _logScale = InfoNce.LogitScale(options.Temperature);
        _logScale.RequiresGrad = options.LearnTemperature;
        var random = new RandomGenerator(options.Seed).Split(ParameterStream);
        _terms = [.. Objective.Terms.Select(term => (term, term.CreateParameters(width, random)))];
        foreach (var (_, values) in _terms.SelectMany(t => t.Parameters)) values.RequiresGrad = true;
    }

    /// <summary>Whether there is a term that needs the initial rows.</summary>
    public bool NeedsStart => Objective.Terms.Any(term => term.NeedsStart);

    /// <summary>Whether there is a term that needs the kernel's bandwidth.</summary>
    public bool HasBandwidth => Objective.Terms.Any(term => term.NeedsBandwidth);

    public float Temperature => (float)Math.Exp(-_logScale.Span[0]);

    /// <summary>The scale of the logits, and what terms train for themselves.</summary>
    public IEnumerable<(string Name, Tensor Values)> Tensors => [("logit_scale", _logScale), .. _terms.SelectMany(t => t.Parameters)];

    private AlignmentObjective Objective => _options.Objective;

    /// <summary>Keeps the scale in its range; after each step.</summary>
    public void Clamp() => InfoNce.Clamp(_logScale);

    /// <summary>The loss of features.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="pairs">P.</param>
    /// <param name="bandwidth">sigma, where the objective needs it.</param>
    /// <param name="step">Seeds what a step draws.</param>
    /// <param name="imageOfText">Of the first texts the row of their image, where images have several each;
    /// null where row i belongs to row i.</param>
    /// <param name="atStart">Both sides' rows before any training, where <see cref="NeedsStart"/>.</param>
    /// <param name="without">Whether D_CS and InfoNCE are left out, as <see cref="RowByRow"/> has them.</param>
    public LossValues Features(
        Tape tape, Tensor x, Tensor y, int pairs, double bandwidth, long step, int[]? imageOfText = null,
        (Tensor X, Tensor Y)? atStart = null, bool without = false)
    {
        var inputs = new TermInputs(x, y, pairs, bandwidth, _logScale, imageOfText)
        {
            StartX = atStart?.X,
            StartY = atStart?.Y,
            BandwidthFactors = _options.BandwidthFactors,
            Estimator = _options.Estimator,
            Seed = _options.Seed + (ulong)step,
        };
        bool several = !without && imageOfText != null && pairs > 0 && Objective.Terms.Contains(ObjectiveTerms.InfoNce);
        var values = Fused(tape, inputs, without ? 0 : Weight(ObjectiveTerms.CauchySchwarz), several || without || pairs == 0
            ? 0
            : Weight(ObjectiveTerms.InfoNce));
        if (several)
        {
            var contrast = ObjectiveTerms.InfoNce.Forward(tape, inputs);
            values = values.With(tape, contrast, Weight(ObjectiveTerms.InfoNce), "lambda") with { InfoNce = contrast.Item };
        }

        foreach (var (term, parameters) in _terms)
        {
            if (IsFused(term) || (term.NeedsPairs && pairs == 0)) continue;
            var value = term.Forward(tape, parameters.Count == 0 ? inputs : inputs with { Parameters = parameters });
            Check(tape, term, value, x, y);
            values = values.With(tape, value, Weight(term), "lambda") with
            {
                Other = (float.IsNaN(values.Other) ? 0 : values.Other) + value.Item,
            };
        }

        return values;
    }

    /// <summary>The loss of features that ranks share; null where float32 does not carry it. A collective operation.</summary>
    /// <param name="tape">The tape that records it: gradients go to the own rows and to the logits' scale.</param>
    /// <param name="x">The images.</param>
    /// <param name="y">The texts.</param>
    /// <param name="exchange">The other ranks.</param>
    /// <param name="pairs">P, over all ranks.</param>
    /// <param name="bandwidth">sigma.</param>
    public LossValues? RowByRow(Tape tape, RankRows x, RankRows y, RankExchange exchange, int pairs, double bandwidth)
    {
        double csWeight = Weight(ObjectiveTerms.CauchySchwarz), infoNceWeight = pairs == 0 ? 0 : Weight(ObjectiveTerms.InfoNce);
        var fused = new CsAlignerObjective { CsWeight = csWeight, InfoNceWeight = infoNceWeight, Bandwidth = bandwidth };
        return fused.Forward(tape, x, y, exchange, _logScale, pairs) is not { } result ? null
            : new LossValues(
                result.Loss, csWeight > 0 ? (float)result.CauchySchwarz : float.NaN, infoNceWeight > 0 ? (float)result.InfoNce : float.NaN,
                float.NaN, float.NaN);
    }

    /// <summary>Whether an objective has terms beside D_CS and InfoNCE.</summary>
    public static bool HasOthers(AlignmentObjective objective) => !objective.Terms.All(IsFused);

    /// <summary>Whether an objective has D_CS or InfoNCE.</summary>
    public static bool HasFused(AlignmentObjective objective) => objective.Terms.Any(IsFused);

    /// <summary>What epochs are compared by, on held-out rows: less is better.</summary>
    /// <remarks>
    /// Of the paper's terms InfoNCE counts fully, whatever lambda, and D_CS half, for it is -2 ln of a cosine: with lambda alone as weight,
    /// epochs that overfit the pairs would win by a divergence that goes on falling. Without pairs D_CS is judged beside the similarities
    /// that are to be kept. Other objectives are judged by what they minimise.
    /// </remarks>
    /// <param name="tape">The tape that computes it.</param>
    /// <param name="x">[P, D], or rows that belong to nothing in <paramref name="y"/>.</param>
    /// <param name="y">[P, D].</param>
    /// <param name="paired">Whether row i belongs to row i.</param>
    /// <param name="divergence">Their D_CS, off the diagonal and at a bandwidth tied to the spread:
    /// neither few rows nor shrinking can fool it.</param>
    /// <param name="bandwidth">Resolves the objective's own sigma, where it needs one.</param>
    /// <param name="atStart">Both sides' rows before any training, where <see cref="NeedsStart"/>.</param>
    public double Validation(
        Tape tape, Tensor x, Tensor y, bool paired, double divergence, Func<double> bandwidth, (Tensor X, Tensor Y)? atStart)
    {
        if (!Objective.Terms.All(term => IsFused(term) || term == ObjectiveTerms.Similarity))
            return Features(tape, x, y, paired ? x.Rows : 0, HasBandwidth ? bandwidth() : 1, 0, atStart: atStart).Loss!.Item;
        if (!paired || Weight(ObjectiveTerms.InfoNce) == 0)
        {
            return atStart is { } start && Objective.Terms.Contains(ObjectiveTerms.Similarity)
                ? divergence + (_options.SimilarityWeight!.Value * tape.KeepSimilarities(x, y, start.X, start.Y).Item)
                : divergence;
        }

        double contrast = ObjectiveTerms.InfoNce.Forward(tape, new TermInputs(x, y, x.Rows, 1, _logScale)).Item;
        return contrast + (Objective.Terms.Contains(ObjectiveTerms.CauchySchwarz) ? 0.5 * divergence : 0);
    }

    /// <summary>The loss with D_CS of the pairs' tokens added.</summary>
    public LossValues WithTokens(Tape tape, LossValues values, Tensor x, TokenSets tokensX, Tensor y, TokenSets tokensY, double bandwidth)
    {
        var divergence = tape.TokenCauchySchwarz(x, tokensX, y, tokensY, bandwidth);
        return values.With(tape, divergence, _options.TokenWeight, "token-weight") with { TokenCauchySchwarz = divergence.Item };
    }

    // Where D_CS and InfoNCE meet, one product serves both.
    private static bool IsFused(ObjectiveTerm term) => term == ObjectiveTerms.CauchySchwarz || term == ObjectiveTerms.InfoNce;

    private static LossValues Fused(Tape tape, TermInputs inputs, double csWeight, double infoNceWeight)
    {
        var none = new LossValues(null, float.NaN, float.NaN, float.NaN, float.NaN);
        if (csWeight == 0 && infoNceWeight == 0) return none;
        var fused = new CsAlignerObjective
        {
            CsWeight = csWeight,
            InfoNceWeight = infoNceWeight,
            Bandwidth = inputs.Bandwidth,
            BandwidthFactors = inputs.BandwidthFactors,
            Estimator = inputs.Estimator,
            EstimatorSeed = inputs.Seed,
        };
        var result = fused.Forward(tape, inputs.X, inputs.Y, inputs.LogitScale, inputs.Pairs);
        return none with
        {
            Loss = result.Loss,
            CauchySchwarz = csWeight > 0 ? (float)result.CauchySchwarz : float.NaN,
            InfoNce = infoNceWeight > 0 ? (float)result.InfoNce : float.NaN,
        };
    }

    // A fault in an application's term would otherwise surface elsewhere, or not at all.
    private static void Check(Tape tape, ObjectiveTerm term, Tensor value, Tensor x, Tensor y)
    {
        if (value is not { Length: 1 })
            throw new InvalidOperationException($"The term '{term}' must give a tensor of one element, got {value?.ToString() ?? "null"}.");
        if (tape.Recording && !value.RequiresGrad && (x.RequiresGrad || y.RequiresGrad))
            throw new InvalidOperationException(
                $"The term '{term}' gives no gradient: compute it from the rows by operations of the tape.");
    }

    private double Weight(ObjectiveTerm term) => Objective.Weight(term, _options.Lambda)
        * (term == ObjectiveTerms.Similarity ? _options.SimilarityWeight!.Value : 1);

    /// <summary>The loss and its terms, NaN if there is none.</summary>
    internal readonly record struct LossValues(Tensor? Loss, float CauchySchwarz, float InfoNce, float Other, float TokenCauchySchwarz)
    {
        /// <summary>The loss with a term more, so many times; the option that says how many is named where that is too often.</summary>
        public LossValues With(Tape tape, Tensor term, double weight, string option)
        {
            float value = term.Item;
            if (float.IsFinite(value) && !float.IsFinite((float)weight * value))
                throw new InputException($"align: {option}: {weight:G4} times a term of {value:G4} is beyond float32, which losses are "
                    + $"kept in; give {float.MaxValue / 1.001 / Math.Abs(value):G4} or less");
            var weighted = weight == 1 ? term : tape.Scale(term, (float)weight);
            return this with { Loss = Loss == null ? weighted : tape.Add(Loss, weighted) };
        }
    }
}
