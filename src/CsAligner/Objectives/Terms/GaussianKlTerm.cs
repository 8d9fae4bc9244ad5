using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>(KL(p|q) + KL(q|p)) / 2 between Gaussians fitted to x [P + U, D] and y [P + V, D], covariances shrunk.</summary>
internal sealed class GaussianKlTerm : ObjectiveTerm
{
    public override string Name => "kl";

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => tape.GaussianKl(inputs.X, inputs.Y);
}
