using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D]; m means, C covariances over rows - 1.

/// <summary>Divergences that see means and covariances only. M and N may differ; both sides need two rows.
/// <see cref="NaiveBaselines"/> defines them.</summary>
public static class MomentDivergences
{
    /// <summary>The share of the covariance that <see cref="GaussianKl"/> replaces by a multiple of the identity.</summary>
    public const double DefaultShrinkage = 0.1;

    /// <summary>
    /// Deep CORAL (arXiv 1607.01719, equation 1): |C_x - C_y|_F^2 / (4 D^2), which moving a whole set does not change; with
    /// <paramref name="meanWeight"/> also meanWeight |m_x - m_y|^2.
    /// </summary>
    /// <remarks>Float32 products of centred rows with float64 sums. Time O((M + N) D^2), memory O((M + N) D + D^2). Values for unit rows
    /// are tiny (1e-8): give it a large weight.</remarks>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D], at least two rows.</param>
    /// <param name="y">[N, D], at least two rows.</param>
    /// <param name="meanWeight">Weight of the squared distance of the means, finite and at least 0; 0 is CORAL.</param>
    public static Tensor Coral(this Tape tape, Tensor x, Tensor y, double meanWeight = 0)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Check(x, y);
        if (!(meanWeight >= 0 && double.IsFinite(meanWeight)))
            throw new ArgumentOutOfRangeException(nameof(meanWeight), meanWeight, "The weight must be finite and at least 0.");
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        double value = MomentDivergenceKernel.Coral(x, y, meanWeight, gradX, gradY);
        return double.IsNaN(value)
            ? throw new InputException($"CORAL: covariances of {x} and {y} are beyond float32; scale the rows down")
            : tape.KnownGradient(value, (x, gradX), (y, gradY));
    }

    /// <summary>
    /// (KL(p|q) + KL(q|p)) / 2 in nats between the Gaussians p = N(m_x, S_x) and q = N(m_y, S_y), S = (1 - shrinkage) C + shrinkage
    /// tr(C) / D I: half of Jeffreys' divergence, (tr(S_y^-1 S_x) + tr(S_x^-1 S_y) - 2 D + g^T (S_x^-1 + S_y^-1) g) / 4 with g = m_x - m_y.
    /// </summary>
    /// <remarks>
    /// The shrinkage keeps it finite if there are fewer rows than dimensions; it is differentiated too. Covariances, Cholesky factors
    /// and inverses in float64, only the last product of the gradients in float32. Time O((M + N) D^2 + 15 D^3), memory
    /// O((M + N) D + D^2).
    /// </remarks>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D], at least two rows.</param>
    /// <param name="y">[N, D], at least two rows.</param>
    /// <param name="shrinkage">Above 0 and at most 1.</param>
    /// <exception cref="ArgumentException">All rows of a side are the same.</exception>
    public static Tensor GaussianKl(this Tape tape, Tensor x, Tensor y, double shrinkage = DefaultShrinkage)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Check(x, y);
        if (!(shrinkage > 0 && shrinkage <= 1))
            throw new ArgumentOutOfRangeException(nameof(shrinkage), shrinkage, "The shrinkage must be above 0 and at most 1.");
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        double value = MomentDivergenceKernel.SymmetricKl(x, y, shrinkage, gradX, gradY);
        return double.IsNaN(value)
            ? throw new ArgumentException($"Gaussian KL: a covariance of {x} and {y} cannot be inverted: all rows of a side are the same, "
                + "or there is NaN.", nameof(x))
            : tape.KnownGradient(value, (x, gradX), (y, gradY));
    }

    private static void Check(Tensor x, Tensor y)
    {
        CsAlignerObjective.Check(x, y, 1, offDiagonal: false);
        if (x.Rows < 2 || y.Rows < 2) throw new ArgumentException($"Covariances need two rows a side, got {x} and {y}.", nameof(x));
    }
}
