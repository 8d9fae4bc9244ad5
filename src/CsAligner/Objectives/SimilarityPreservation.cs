using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D], the same rows at the start [M, E] and [N, E].

/// <summary>
/// How far the similarities between two modalities have moved from those at the start: 1 - corr(S0, S), S = x y^T and S0 the same of the
/// start, Pearson's correlation over all M N entries. A divergence between sets does not see which row of one lies near which of the
/// other, so without it (or pairs) the two may turn against each other while the divergence falls.
/// <see cref="NaiveBaselines.SimilarityPreservation"/> defines it.
/// </summary>
public static class SimilarityPreservation
{
    /// <summary>The value, 0 to 2; 1 where all similarities of a side are the same.</summary>
    /// <remarks>Time O((M + N) D (D + E)): no matrix of similarities is made. Float32 products of centred rows, float64 sums.</remarks>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="startX">[M, E], the rows of <paramref name="x"/> at the start; not differentiated.</param>
    /// <param name="startY">[N, E].</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public static Tensor KeepSimilarities(this Tape tape, Tensor x, Tensor y, Tensor startX, Tensor startY)
    {
        ArgumentNullException.ThrowIfNull(tape);
        CsAlignerObjective.Check(x, y, 1, offDiagonal: false);
        CsAlignerObjective.Check(startX, startY, 1, offDiagonal: false);
        if (startX.Rows != x.Rows || startY.Rows != y.Rows)
            throw new ArgumentException($"Similarities: the initial rows {startX} and {startY} do not match {x} and {y}.", nameof(startX));
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        double correlation = SimilarityCorrelation.Compute(x, y, startX, startY, -1, gradX, gradY);
        return tape.KnownGradient(1 - correlation, (x, gradX), (y, gradY));
    }
}
