using CsAligner.Tensors;

namespace CsAligner.Adapters;

/// <summary>Which adapter to train, and how large.</summary>
public sealed record AdapterOptions
{
    internal const int MostSize = 65536, MostLayers = 64;

    /// <summary>
    /// <c>low-rank</c> (default), <c>mlp</c>, <c>linear</c>, <c>stack</c> (LLM2CLIP's residual blocks), <c>transformer</c> (over tokens) or
    /// <c>mean-shift</c> (nothing to train), or another of <see cref="Kinds"/>. Of ours only <c>linear</c> and <c>stack</c> can change the
    /// width.
    /// </summary>
    public string Kind { get; init; } = LowRankAdapter.KindName;

    /// <summary>The kinds to choose from: this library's, and those that an application adds to them
    /// (<see cref="AdapterKinds.With"/>).</summary>
    public AdapterKinds Kinds { get; init; } = AdapterKinds.BuiltIn;

    /// <summary>
    /// Rank of <c>low-rank</c>, hidden width of <c>mlp</c>, <c>stack</c> and <c>transformer</c>; 1 to 65536. Null is 256, at most D, for
    /// <c>low-rank</c>, and 2 D for the others. Few pairs do not call for a small rank: many directions that each move little
    /// generalise better than a few that move far.
    /// </summary>
    public int? Size { get; init; }

    /// <summary>Blocks of <c>stack</c> and <c>transformer</c>, 1 to 64. Null is 4 and 2.</summary>
    public int? Layers { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InputException">A value is out of its range, or there is no such kind.</exception>
    public void Validate()
    {
        _ = Kinds[Kind];
        if (Size is < 1 or > MostSize) throw new InputException($"{nameof(Size)}: expected 1 to {MostSize}, got {Size}");
        if (Layers is < 1 or > MostLayers) throw new InputException($"{nameof(Layers)}: expected 1 to {MostLayers}, got {Layers}");
    }
}
