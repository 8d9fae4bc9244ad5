using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Models.Lora;

/// <summary>A low-rank addition to some outputs of a linear layer: y += scale B (A x). A is [r, K], B [N, r].</summary>
/// <param name="Name">The module's, as in Hugging Face's checkpoints.</param>
/// <param name="Layer">The layer that it adds to.</param>
/// <param name="First">The first of the layer's outputs that it adds to; there are N.</param>
/// <param name="A">lora_A.</param>
/// <param name="B">lora_B.</param>
/// <param name="Alpha">lora_alpha; the addition is scaled by lora_alpha / r.</param>
internal sealed record LoraModule(string Name, LinearLayer Layer, int First, Tensor A, Tensor B, double Alpha) : ILinearDelta
{
    /// <summary>r.</summary>
    public int Rank => A.Shape[0];

    /// <summary>N.</summary>
    public int Outputs => B.Shape[0];

    private float Scale => (float)(Alpha / Rank);

    /// <inheritdoc/>
    public Tensor Forward(Tape tape, Tensor x) => tape.Linear(tape.Scale(tape.Linear(x, A), Scale), B);

    /// <summary>Adds the product of both to the layer's weights, for good.</summary>
    public void Merge()
    {
        using var tape = Tape.Inference();
        var rows = tape.Slice(Layer.Weight, 0, First, Outputs);
        var merged = tape.Add(rows, tape.Scale(tape.MatMul(B, A), Scale));
        merged.Span.CopyTo(Layer.Weight.Span[(First * Layer.Weight.Width)..]);
    }
}
