using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>SigLIP's loss (arXiv 2303.15343, algorithm 1) of pairs; its bias is trained.</summary>
internal sealed class SigLipTerm : ObjectiveTerm
{
    public override string Name => "siglip";

    public override bool NeedsPairs => true;

    public override bool IsContrastive => true;

    public override bool NeedsLogitScale => true;

    public override IReadOnlyList<(string Name, Tensor Values)> CreateParameters(int width, RandomGenerator random) =>
        [("logit_bias", SigLip.LogitBias())];

    public override Tensor Forward(Tape tape, TermInputs inputs) =>
        tape.SigLipLoss(inputs.X, inputs.Y, inputs.LogitScale, inputs.Parameter("logit_bias"), inputs.Pairs);
}
