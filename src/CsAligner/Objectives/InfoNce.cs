using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives;

/// <summary>
/// Symmetric InfoNCE, CLIP's loss: the mean of two cross-entropies (image to text, text to image) over the logits
/// scale * x_i . y_j. Rows are not normalised: normalise them first, as CLIP does, to make the product the cosine.
/// <see cref="NaiveObjective.InfoNce"/> is its definition.
/// </summary>
/// <remarks>
/// The learnable parameter is CLIP's <c>logit_scale</c>, ln(1/tau), one element; the scale is exp of it, at most
/// <see cref="MaxScale"/>. At the limit only a gradient that would lower it passes, so it can come back.
/// Log-sum-exps with running maxima; time O(P^2 D), memory O(P D + a tile).
/// </remarks>
public static class InfoNce
{
    /// <summary>The largest scale, 1/tau, that CLIP allows.</summary>
    public const double MaxScale = 100;

    /// <summary>InfoNCE with a learnable or fixed scale, as a scalar of the tape.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[P, D].</param>
    /// <param name="y">[P, D], row i the partner of row i of x.</param>
    /// <param name="logitScale">ln(1/tau), one element.</param>
    public static Tensor InfoNceLoss(this Tape tape, Tensor x, Tensor y, Tensor logitScale)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rows != y.Rows) throw new ArgumentException($"InfoNCE: {x} and {y} must have the same number of rows.", nameof(y));
        return new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 1 }.Forward(tape, x, y, logitScale).Loss;
    }

    /// <summary>A <c>logit_scale</c> parameter for a temperature.</summary>
    /// <param name="temperature">tau, at least 1 / <see cref="MaxScale"/>.</param>
    public static Tensor LogitScale(double temperature) => Tensor.From([(float)-Math.Log(temperature)], 1);

    /// <summary>Brings a <c>logit_scale</c> back under its limit, to be called after each optimizer step.</summary>
    /// <param name="logitScale">One element.</param>
    public static void Clamp(Tensor logitScale)
    {
        ArgumentNullException.ThrowIfNull(logitScale);
        logitScale.Span[0] = Math.Min(logitScale.Span[0], (float)Math.Log(MaxScale));
    }
}
