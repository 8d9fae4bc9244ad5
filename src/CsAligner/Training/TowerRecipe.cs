using CsAligner.Models;

namespace CsAligner.Training;

/// <summary>The size of one tower in a <see cref="PretrainRecipe"/>; its MLPs are four times as wide as the tower.</summary>
/// <param name="Width">Width of the residual stream, a multiple of the heads.</param>
/// <param name="Layers">Blocks, 1 to 64.</param>
/// <param name="Heads">Attention heads.</param>
public sealed record TowerRecipe(int Width, int Layers, int Heads)
{
    internal bool IsValid => Width is >= 1 and <= 4096 && Heads >= 1 && Width % Heads == 0 && Layers is >= 1 and <= 64;

    internal TransformerConfig ToConfig() => new() { Width = Width, MlpWidth = 4 * Width, Layers = Layers, Heads = Heads };
}
