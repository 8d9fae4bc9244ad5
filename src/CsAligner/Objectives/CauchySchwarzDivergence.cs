using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D] images, y [N, D] texts; tokens x [B, T, D], y [B, U, D].

/// <summary>
/// The Cauchy-Schwarz divergence of arXiv 2502.17028 between two samples, by a Gaussian kernel density estimate:
/// D_CS = ln mean kappa(x_i, x_j) + ln mean kappa(y_i, y_j) - 2 ln mean kappa(x_i, y_j),
/// kappa(a, b) = exp(-|a-b|^2 / (2 sigma^2)). <see cref="NaiveObjective.CauchySchwarz"/> is its definition.
/// </summary>
/// <remarks>
/// Float32 over tiles with float64 sums; rows are centred on their common mean, and scores taken in float64, where float32 would lose
/// the distances (2^-23 max|x|^2 / sigma^2 above 6e-5; 2e-5 in Evaluator) or their differences (max|x|^2 / sigma^2 below 1e-3, where
/// D_CS is taken as a series around its limit |m_x - m_y|^2 / sigma^2). Log-sum-exp with the largest logit as shift, squared
/// distances clamped at 0: right for any sigma from 1e-140 max(1, max|x|) on; smaller ones are refused, and those at which a gradient
/// would be beyond float32. Time O((M+N)^2 D), memory O((M+N) D + a tile). No gradient with respect to sigma: it follows the data and
/// is detached.
/// </remarks>
public static class CauchySchwarzDivergence
{
    /// <summary>D_CS as a scalar of the tape.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D], at least one row.</param>
    /// <param name="y">[N, D]; N may differ from M.</param>
    /// <param name="bandwidth">sigma, in the units of the rows; finite and above 0.</param>
    /// <param name="offDiagonal">Leaves i = j out of the self terms: nearly unbiased, may be negative, needs two rows a side.</param>
    public static Tensor CauchySchwarz(this Tape tape, Tensor x, Tensor y, double bandwidth, bool offDiagonal = false) =>
        new CsAlignerObjective { Bandwidth = bandwidth, OffDiagonal = offDiagonal, InfoNceWeight = 0 }.Forward(tape, x, y).Loss;

    /// <summary>D_CS as a number, without gradients.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="bandwidth">sigma, finite and above 0.</param>
    /// <param name="offDiagonal">The off-diagonal form.</param>
    public static double Value(Tensor x, Tensor y, double bandwidth, bool offDiagonal = false)
    {
        CsAlignerObjective.Check(x, y, bandwidth, offDiagonal);
        return FusedLossKernel.Compute(x, y, new FusedLossParameters(1, bandwidth, offDiagonal), null, null).CauchySchwarz;
    }

    /// <summary>
    /// Token level: for each sample D_CS (biased form) between its image tokens and its text tokens, averaged over
    /// the batch. Float32 where that is exact enough, time O(B (T+U)^2 D).
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, T, D].</param>
    /// <param name="maskX">[B, T], true if the token counts; at least one a sample.</param>
    /// <param name="y">[B, U, D].</param>
    /// <param name="maskY">[B, U].</param>
    /// <param name="bandwidth">sigma, finite and above 0.</param>
    public static Tensor TokenCauchySchwarz(this Tape tape, Tensor x, bool[,] maskX, Tensor y, bool[,] maskY, double bandwidth)
    {
        CheckTokens(x, maskX, nameof(x));
        CheckTokens(y, maskY, nameof(y));
        if (x.Shape[0] != y.Shape[0] || x.Width != y.Width)
            throw new ArgumentException($"Token divergence: {x} and {y} must agree in batch and width.", nameof(y));
        return tape.TokenCauchySchwarz(x, TokenSets.Of(maskX), y, TokenSets.Of(maskY), bandwidth);
    }

    /// <summary>The same of tokens anywhere among the rows of x and y; at least one of each side a sample.</summary>
    internal static Tensor TokenCauchySchwarz(this Tape tape, Tensor x, TokenSets tokensX, Tensor y, TokenSets tokensY, double bandwidth)
    {
        ArgumentNullException.ThrowIfNull(tape);
        CsAlignerObjective.CheckBandwidth(bandwidth);
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        double value = TokenDivergenceKernel.Compute(x, tokensX, y, tokensY, bandwidth, gradX, gradY);
        return tape.KnownGradient(value, (x, gradX), (y, gradY));
    }

    private static void CheckTokens(Tensor tokens, bool[,] mask, string name)
    {
        ArgumentNullException.ThrowIfNull(tokens, name);
        ArgumentNullException.ThrowIfNull(mask);
        if (tokens.Rank != 3 || tokens.Shape[0] == 0 || mask.GetLength(0) != tokens.Shape[0] || mask.GetLength(1) != tokens.Shape[1])
            throw new ArgumentException($"Token divergence: tokens must be [B, T, D] with a mask [B, T]; got {tokens} and "
                + $"[{mask.GetLength(0)}, {mask.GetLength(1)}].", name);
        for (int b = 0; b < mask.GetLength(0); b++)
            if (!Enumerable.Range(0, mask.GetLength(1)).Any(t => mask[b, t]))
                throw new ArgumentException($"Token divergence: the mask of sample {b} hides all tokens.", name);
    }
}
