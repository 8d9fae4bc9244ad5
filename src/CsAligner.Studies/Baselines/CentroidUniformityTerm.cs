using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Studies.Baselines;

/// <summary>
/// The term that ModGap (arXiv 2601.18525) adds to InfoNCE and <c>l2</c>: ln of the mean of exp(-2 |c_i - c_j|²) over i ≠ j, where c_i is
/// the middle of pair i, normalised. It spreads the middles out while <c>l2</c> closes pairs. Memory O(P²).
/// </summary>
internal sealed class CentroidUniformityTerm : ObjectiveTerm
{
    public static CentroidUniformityTerm Instance { get; } = new();

    public override string Name => "centroid-uniformity";

    public override bool NeedsPairs => true;

    public override Tensor Forward(Tape tape, TermInputs inputs)
    {
        int pairs = inputs.Pairs;
        int[] rows = [.. Enumerable.Range(0, pairs)];
        Tensor middles = tape.Normalize(tape.Add(tape.Gather(inputs.X, rows), tape.Gather(inputs.Y, rows)));

        // One middle has no other to keep away from.
        if (pairs < 2) return tape.Scale(tape.Mean(middles), 0);

        // |c_i - c_j|² = 2 - 2 c_i · c_j; the diagonal, which is 1, is taken out of the mean.
        Tensor kernel = tape.Exp(tape.Add(tape.Scale(tape.MatMul(middles, middles, transposeB: true), 4), Tensor.From([-4f], 1)));
        Tensor others = tape.Add(tape.Scale(tape.Mean(kernel), pairs / (pairs - 1f)), Tensor.From([-1 / (pairs - 1f)], 1));
        return tape.Log(others);
    }
}
