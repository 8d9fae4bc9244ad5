using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives.Terms;

/// <summary>
/// |C_x - C_y|_F^2 + |m_x - m_y|^2 of x [P + U, D] and y [P + V, D]. Deep CORAL (arXiv 1607.01719, equation 1) has a factor 1 / (4 D^2),
/// with which it would vanish beside InfoNCE, and no means, which would be left apart.
/// </summary>
internal sealed class CoralTerm : ObjectiveTerm
{
    public override string Name => "coral";

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs)
    {
        double scale = 4.0 * inputs.X.Width * inputs.X.Width;
        return tape.Scale(tape.Coral(inputs.X, inputs.Y, 1 / scale), (float)scale);
    }
}
