using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>The mean of 1 - cos(x_i, y_i) over pairs.</summary>
internal sealed class CosineTerm : ObjectiveTerm
{
    public override string Name => "cosine";

    public override bool NeedsPairs => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => tape.CosineLoss(inputs.X, inputs.Y, inputs.Pairs);
}
