using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Models;

/// <summary>An addition to some outputs of a linear layer, such as LoRA.</summary>
internal interface ILinearDelta
{
    /// <summary>The first of the layer's outputs that it adds to.</summary>
    int First { get; }

    /// <summary>How many it adds to.</summary>
    int Outputs { get; }

    /// <summary>The addition, computed from the layer's inputs: [..., <see cref="Outputs"/>].</summary>
    Tensor Forward(Tape tape, Tensor x);
}
