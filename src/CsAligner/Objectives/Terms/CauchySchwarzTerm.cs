using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>D_CS (arXiv 2502.17028) of x [P + U, D] and y [P + V, D]; by landmarks if there is an estimator.</summary>
internal sealed class CauchySchwarzTerm : ObjectiveTerm
{
    public override string Name => "cs";

    public override bool NeedsBandwidth => true;

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => new CsAlignerObjective
    {
        InfoNceWeight = 0,
        Bandwidth = inputs.Bandwidth,
        BandwidthFactors = inputs.BandwidthFactors,
        Estimator = inputs.Estimator,
        EstimatorSeed = inputs.Seed,
    }.Forward(tape, inputs.X, inputs.Y).Loss;
}
