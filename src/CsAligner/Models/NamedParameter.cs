using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>A trainable tensor and the name it has in checkpoints; with several names,
/// equal parts of it along the first dimension have one each.</summary>
internal sealed record NamedParameter(Tensor Values, params string[] Names)
{
    /// <summary>The shape that each name has in a file.</summary>
    public int[] PartShape => Names.Length == 1 ? Values.Shape.ToArray() : [Values.Shape[0] / Names.Length, .. Values.Shape[1..]];

    /// <summary>The elements of one name.</summary>
    public Span<float> Part(int index) => Values.Span.Slice(index * (Values.Length / Names.Length), Values.Length / Names.Length);
}
