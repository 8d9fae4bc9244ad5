using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>The Sinkhorn divergence (arXiv 1810.08278, equation 3) of x [P + U, D] and y [P + V, D], its blur the bandwidth.</summary>
internal sealed class SinkhornTerm : ObjectiveTerm
{
    public override string Name => "sinkhorn";

    public override bool NeedsBandwidth => true;

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => tape.SinkhornDivergence(inputs.X, inputs.Y, inputs.Bandwidth);
}
