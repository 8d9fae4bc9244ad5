using CsAligner.Tensors;

namespace CsAligner.Adapters;

/// <summary>The initial state of an adapter.</summary>
/// <param name="Shift">[D], to be added to every row and not trained: it takes the modality's mean away, or is zero.</param>
/// <param name="OutputWidth">E, the shared width; D unless the kind <see cref="AdapterKind.ChangesWidth"/>.</param>
/// <param name="Size">As <see cref="AdapterOptions.Size"/>; null for the kind's own default.</param>
/// <param name="Layers">As <see cref="AdapterOptions.Layers"/>; null for the kind's own default.</param>
/// <param name="Random">Draws the weights: nothing else may, so that a seed decides a run.</param>
public sealed record AdapterStart(Tensor Shift, int OutputWidth, int? Size, int? Layers, RandomGenerator Random)
{
    /// <summary>D, the width of the rows it is to map.</summary>
    public int Width => Shift.Length;
}
