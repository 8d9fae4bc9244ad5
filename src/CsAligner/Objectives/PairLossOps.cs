using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D]; the first P rows of both are pairs.

/// <summary>Regression baselines: each row is pulled to its partner, nothing is pushed apart.
/// <see cref="NaiveBaselines"/> defines them.</summary>
/// <remarks>Float64 sums; time and memory O(P D). Rows behind the pairs take no part and get a gradient of 0.</remarks>
public static class PairLossOps
{
    /// <summary>The mean of |x_i - y_i|^2 over the pairs: the l2 term of Eclipse (arXiv 2312.04655). Rows are not normalised.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="pairs">P, at least 1; null for min(M, N).</param>
    public static Tensor SquaredDistanceLoss(this Tape tape, Tensor x, Tensor y, int? pairs = null) =>
        Run(tape, x, y, pairs, PairLosses.SquaredDistance);

    /// <summary>
    /// The mean of 1 - cos(x_i, y_i) over the pairs, for rows of any length. A pair with a row shorter than 1e-12
    /// counts 1 and has no gradient.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="pairs">P, at least 1; null for min(M, N).</param>
    public static Tensor CosineLoss(this Tape tape, Tensor x, Tensor y, int? pairs = null) =>
        Run(tape, x, y, pairs, PairLosses.Cosine);

    private static Tensor Run(Tape tape, Tensor x, Tensor y, int? pairs, Func<Tensor, Tensor, int, Tensor?, Tensor?, double> loss)
    {
        ArgumentNullException.ThrowIfNull(tape);
        CsAlignerObjective.Check(x, y, 1, offDiagonal: false);
        int paired = CheckPairs(x, y, pairs);
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        gradX?.Span[(paired * x.Width)..].Clear();
        gradY?.Span[(paired * y.Width)..].Clear();
        return tape.KnownGradient(loss(x, y, paired, gradX, gradY), (x, gradX), (y, gradY));
    }

    internal static int CheckPairs(Tensor x, Tensor y, int? pairs)
    {
        int most = Math.Min(x.Rows, y.Rows), paired = pairs ?? most;
        if (paired < 1 || paired > most) throw new ArgumentOutOfRangeException(nameof(pairs), paired, $"Expected 1 to {most} pairs.");
        return paired;
    }
}
