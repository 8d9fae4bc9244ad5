using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>MMD^2 (Gretton et al., JMLR 2012, equation 5) of x [P + U, D] and y [P + V, D], with the kernel of D_CS.</summary>
internal sealed class MaximumMeanDiscrepancyTerm : ObjectiveTerm
{
    public override string Name => "mmd";

    public override bool NeedsBandwidth => true;

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) =>
        tape.MaximumMeanDiscrepancy(inputs.X, inputs.Y, inputs.Bandwidth, [.. inputs.BandwidthFactors]);
}
