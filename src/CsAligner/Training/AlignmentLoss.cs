using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Training;

// Shapes: x [P + U, D] images and y [P + V, D] texts, the first P rows of both are pairs.

/// <summary>The loss of a step: the terms of the objective, and D_CS of tokens beside them.</summary>
internal sealed class AlignmentLoss
{
    private readonly AlignmentOptions _options;
    private readonly Tensor _logScale;
    private readonly Tensor _bias;

    /// <param name="options">What is minimised, and how.</param>
    public AlignmentLoss(AlignmentOptions options)
    {
        _options = options;
        _logScale = InfoNce.LogitScale(options.Temperature);
        _logScale.RequiresGrad = options.LearnTemperature;

        _bias = SigLip.LogitBias();
        _bias.RequiresGrad = Objective.Has(ObjectiveTerm.SigLip);
    }

    /// <summary>Whether there is a term that needs the kernel's bandwidth.</summary>
    public bool HasBandwidth => Objective.Has(ObjectiveTerm.CauchySchwarz) || Objective.Has(ObjectiveTerm.MaximumMeanDiscrepancy) || Objective.Has(ObjectiveTerm.Sinkhorn);

    public float Temperature => (float)Math.Exp(-_logScale.Span[0]);

    /// <summary>Scale and, where it is learned, bias of the logits.</summary>
    public IEnumerable<(string Name, Tensor Values)> Tensors => _bias.RequiresGrad ? [("logit_scale", _logScale), ("logit_bias", _bias)] : [("logit_scale", _logScale)];

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
    /// <param name="imageOfText">Of the first texts the row of their image, where images have several each; null where row i belongs to row i.</param>
    public LossValues Features(Tape tape, Tensor x, Tensor y, int pairs, double bandwidth, long step, int[]? imageOfText = null)
    {
        bool several = imageOfText != null && Objective.Has(ObjectiveTerm.InfoNce);
        var fused = new CsAlignerObjective
        {
            CsWeight = Weight(ObjectiveTerm.CauchySchwarz),
            InfoNceWeight = several ? 0 : Weight(ObjectiveTerm.InfoNce),
            Bandwidth = bandwidth,
            BandwidthFactors = _options.BandwidthFactors,
            Estimator = _options.Estimator,
            EstimatorSeed = _options.Seed + (ulong)step,
        };
        var values = new LossValues(null, float.NaN, float.NaN, float.NaN, float.NaN);
        if (fused.CsWeight > 0 || fused.InfoNceWeight > 0)
        {
            var result = fused.Forward(tape, x, y, _logScale, pairs);
            values = new LossValues(
                result.Loss,
                fused.CsWeight > 0 ? (float)result.CauchySchwarz : float.NaN,
                fused.InfoNceWeight > 0 ? (float)result.InfoNce : float.NaN,
                float.NaN,
                float.NaN);
        }

        if (several)
        {
            var contrast = Contrast(tape, x, y, pairs, imageOfText!);
            values = values.With(tape, contrast, Weight(ObjectiveTerm.InfoNce)) with { InfoNce = contrast.Item };
        }

        foreach (var term in Objective.Terms)
        {
            if (term is ObjectiveTerm.CauchySchwarz or ObjectiveTerm.InfoNce) continue;
            var value = Term(tape, term, x, y, pairs, bandwidth);
            values = values.With(tape, value, Weight(term)) with { Other = (float.IsNaN(values.Other) ? 0 : values.Other) + value.Item };
        }

        return values;
    }

    /// <summary>InfoNCE alone, of pairs.</summary>
    public double InfoNceOf(Tape tape, Tensor x, Tensor y) => tape.InfoNceLoss(x, y, _logScale).Item;

    /// <summary>The loss with D_CS of the pairs' tokens added.</summary>
    public LossValues WithTokens(Tape tape, LossValues values, Tensor x, TokenSets tokensX, Tensor y, TokenSets tokensY, double bandwidth)
    {
        var divergence = tape.TokenCauchySchwarz(x, tokensX, y, tokensY, bandwidth);
        return values.With(tape, divergence, _options.TokenWeight) with { TokenCauchySchwarz = divergence.Item };
    }

    // Each text has one image to find, each image has all of its texts: the mean over texts of -log of their share among all texts.
    private Tensor Contrast(Tape tape, Tensor x, Tensor y, int images, int[] imageOfText)
    {
        int texts = imageOfText.Length;
        Tensor paired = tape.Slice(x, 0, 0, images), captions = tape.Slice(y, 0, 0, texts);
        float scale = MathF.Exp(_logScale.Span[0]);
        var toImages = tape.Scale(tape.MatMul(captions, paired, transposeB: true), scale);
        var toTexts = tape.Gather(tape.Scale(tape.MatMul(paired, captions, transposeB: true), scale), imageOfText);
        return tape.Scale(tape.Add(tape.CrossEntropy(toImages, imageOfText), tape.CrossEntropy(toTexts, [.. Enumerable.Range(0, texts)])), 0.5f);
    }

    private double Weight(ObjectiveTerm term) => Objective.Weight(term, _options.Lambda);

    private Tensor Term(Tape tape, ObjectiveTerm term, Tensor x, Tensor y, int pairs, double bandwidth) => term switch
    {
        ObjectiveTerm.MaximumMeanDiscrepancy => tape.MaximumMeanDiscrepancy(x, y, bandwidth, [.. _options.BandwidthFactors]),
        ObjectiveTerm.Coral => Coral(tape, x, y),
        ObjectiveTerm.GaussianKl => tape.GaussianKl(x, y),
        ObjectiveTerm.Sinkhorn => tape.SinkhornDivergence(x, y, bandwidth),
        ObjectiveTerm.SquaredDistance => tape.SquaredDistanceLoss(x, y, pairs),
        ObjectiveTerm.Cosine => tape.CosineLoss(x, y, pairs),
        ObjectiveTerm.SigLip => tape.SigLipLoss(x, y, _logScale, _bias, pairs),
        _ => throw new InvalidOperationException($"The term {term} is not one of the baselines'."),
    };

    // |C_x - C_y|² + |m_x - m_y|²: deep CORAL's 1 / (4 D²) would let it vanish beside InfoNCE, and covariances alone leave the means apart.
    private static Tensor Coral(Tape tape, Tensor x, Tensor y)
    {
        double scale = 4.0 * x.Width * x.Width;
        return tape.Scale(tape.Coral(x, y, 1 / scale), (float)scale);
    }

    /// <summary>The loss and its terms, NaN where there is none.</summary>
    internal readonly record struct LossValues(Tensor? Loss, float CauchySchwarz, float InfoNce, float Other, float TokenCauchySchwarz)
    {
        public LossValues With(Tape tape, Tensor term, double weight)
        {
            var weighted = weight == 1 ? term : tape.Scale(term, (float)weight);
            return this with { Loss = Loss == null ? weighted : tape.Add(Loss, weighted) };
        }
    }
}
