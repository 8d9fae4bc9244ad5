using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>The mean of |x_i - y_i|^2 over pairs.</summary>
internal sealed class SquaredDistanceTerm : ObjectiveTerm
{
    public override string Name => "l2";

    public override bool NeedsPairs => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => tape.SquaredDistanceLoss(inputs.X, inputs.Y, inputs.Pairs);
}
