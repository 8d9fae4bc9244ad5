using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D]; the first P rows of both are pairs.

/// <summary>
/// SigLIP's pairwise sigmoid loss (arXiv 2303.15343, algorithm 1): -1/P sum_ij ln sigmoid(z_ij (t x_i . y_j + b)), z_ij = 1
/// for i = j and -1 else. Every pair of rows is a separate yes-or-no question; there is no softmax. Rows are used as
/// they are: normalise them first to make the product the cosine. <see cref="NaiveBaselines.SigLip"/> is its definition.
/// </summary>
/// <remarks>
/// ln sigmoid(z) = -max(-z, 0) - ln(1 + e^-|z|), with the digits of that logarithm where e^-|z| is small: nothing overflows or
/// vanishes. Float32 scores: the logits' error is about 2^-23 t |x| |y|. Time O(P^2 D), three products; memory O(P D + a
/// tile). The mean is over rows, as in the paper: the value grows with P.
/// </remarks>
public static class SigLip
{
    /// <summary>The paper's first scale t.</summary>
    public const double InitialScale = 10;

    /// <summary>The paper's first bias b: most of the P^2 questions are answered no.</summary>
    public const double InitialBias = -10;

    /// <summary>The loss with a learnable or fixed scale and bias, as a scalar of the tape.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="logitScale">ln t, one element; it gets a gradient where it requires one. Not clamped.</param>
    /// <param name="logitBias">b, one element, likewise.</param>
    /// <param name="pairs">P, at least 1; null for min(M, N). Rows behind take no part.</param>
    /// <exception cref="InputException">Logits would be larger than 1e5, or the scale is below 1e-24.</exception>
    public static Tensor SigLipLoss(this Tape tape, Tensor x, Tensor y, Tensor logitScale, Tensor logitBias, int? pairs = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(logitScale);
        ArgumentNullException.ThrowIfNull(logitBias);
        CsAlignerObjective.Check(x, y, 1, offDiagonal: false);
        int paired = PairLossOps.CheckPairs(x, y, pairs);
        if (logitScale.Length != 1 || logitBias.Length != 1)
            throw new ArgumentException($"SigLIP: logit_scale and logit_bias must have one element, got {logitScale} and {logitBias}.",
                nameof(logitScale));
        double scale = Math.Exp(logitScale.Span[0]), bias = logitBias.Span[0];
        if (!(scale > 0 && double.IsFinite(scale) && double.IsFinite(bias)))
            throw new ArgumentException($"SigLIP: the scale must be finite and above 0, the bias finite; got {scale} and {bias}.",
                nameof(logitScale));
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y), gradScale = tape.GradientFor(logitScale),
            gradBias = tape.GradientFor(logitBias);
        gradX?.Span[(paired * x.Width)..].Clear();
        gradY?.Span[(paired * y.Width)..].Clear();
        var (loss, slopeBias, slopeScale) = SigLipKernel.Compute(x, y, paired, scale, bias, gradX, gradY);
        if (gradScale != null) gradScale.Span[0] = (float)(scale * slopeScale);
        if (gradBias != null) gradBias.Span[0] = (float)slopeBias;
        return tape.KnownGradient(loss, (x, gradX), (y, gradY), (logitScale, gradScale), (logitBias, gradBias));
    }

    /// <summary>A <c>logit_scale</c> parameter, ln t.</summary>
    /// <param name="scale">t, above 0.</param>
    public static Tensor LogitScale(double scale = InitialScale) => Tensor.From([(float)Math.Log(scale)], 1);

    /// <summary>A <c>logit_bias</c> parameter.</summary>
    /// <param name="bias">b.</param>
    public static Tensor LogitBias(double bias = InitialBias) => Tensor.From([(float)bias], 1);
}
