using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>1 - the correlation of the similarities between x [M, D] and y [N, D] with those at the start.</summary>
internal sealed class SimilarityTerm : ObjectiveTerm
{
    public override string Name => "similarity";

    public override bool NeedsStart => true;

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => inputs is { StartX: { } x, StartY: { } y }
        ? tape.KeepSimilarities(inputs.X, inputs.Y, x, y)
        : throw new ArgumentException($"The term '{Name}' needs the initial rows.", nameof(inputs));
}
