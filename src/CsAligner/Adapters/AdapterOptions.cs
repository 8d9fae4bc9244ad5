using CsAligner.Tensors;

namespace CsAligner.Adapters;

/// <summary>Which adapter to train, and how large.</summary>
public sealed record AdapterOptions
{
    /// <summary>The kinds that <c>--adapter</c> takes.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [LowRankAdapter.KindName, MlpAdapter.KindName, LinearAdapter.KindName, ResidualStackAdapter.KindName, TransformerAdapter.KindName, IdentityAdapter.KindName];

    /// <summary>
    /// <c>low-rank</c> (default), <c>mlp</c>, <c>linear</c>, <c>stack</c> (LLM2CLIP's residual blocks), <c>transformer</c> (over tokens) or
    /// <c>mean-shift</c> (nothing to train). Only <c>linear</c> and <c>stack</c> can change the width.
    /// </summary>
    public string Kind { get; init; } = LowRankAdapter.KindName;

    /// <summary>
    /// Rank of <c>low-rank</c>, hidden width of <c>mlp</c>, <c>stack</c> and <c>transformer</c>; 1 to 65536. Null is 256, at most D, for
    /// <c>low-rank</c>, and 2 D for the others. Few pairs do not call for a small rank: many directions that each move little
    /// generalise better than a few that move far.
    /// </summary>
    public int? Size { get; init; }

    /// <summary>Blocks of <c>stack</c> and <c>transformer</c>, 1 to 64. Null is 4 and 2.</summary>
    public int? Layers { get; init; }

    /// <summary>
    /// Whether the adapters start by taking the modality means away (or, where one side is trained alone, by moving
    /// its mean onto the other's). False starts at the identity; crossing a wide gap from there takes many more steps.
    /// </summary>
    public bool MeanShift { get; init; } = true;

    /// <summary>Whether <see cref="Size"/> means anything to the kind.</summary>
    public bool TakesSize => Kind is LowRankAdapter.KindName or MlpAdapter.KindName || TakesLayers;

    /// <summary>Whether <see cref="Layers"/> means anything to the kind.</summary>
    public bool TakesLayers => Kind is ResidualStackAdapter.KindName or TransformerAdapter.KindName;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public void Validate()
    {
        if (!Kinds.Contains(Kind)) throw new InputException($"adapter: expected one of {string.Join(", ", Kinds)}, got '{Kind}'{Suggestion.End(Kind, Kinds)}");
        if (Size is < 1 or > 65536) throw new InputException($"adapter-size: expected 1 to 65536, got {Size}");
        if (Layers is < 1 or > 64) throw new InputException($"adapter-layers: expected 1 to 64, got {Layers}");
    }

    /// <summary>An adapter of these options at its start.</summary>
    /// <param name="shift">[D], its fixed shift.</param>
    /// <param name="outputWidth">The shared width.</param>
    /// <param name="random">Draws its weights.</param>
    /// <exception cref="InputException">The kind cannot change the width.</exception>
    internal Adapter Create(Tensor shift, int outputWidth, RandomGenerator random)
    {
        int width = shift.Length, hidden = Size ?? 2 * width;
        if (width != outputWidth && Kind is not (LinearAdapter.KindName or ResidualStackAdapter.KindName))
            throw new InputException($"adapter: {Kind} keeps the width, but rows of width {width} are to become rows of width {outputWidth}; use linear or stack");
        return Kind switch
        {
            LowRankAdapter.KindName => new LowRankAdapter(shift, Size ?? Math.Min(width, 256), random),
            MlpAdapter.KindName => new MlpAdapter(shift, hidden, random),
            LinearAdapter.KindName => new LinearAdapter(shift, outputWidth, random),
            ResidualStackAdapter.KindName => new ResidualStackAdapter(shift, outputWidth, hidden, Layers ?? ResidualStackAdapter.DefaultLayers, random),
            TransformerAdapter.KindName => new TransformerAdapter(shift, hidden, Layers ?? TransformerAdapter.DefaultLayers, random),
            _ => new IdentityAdapter(shift),
        };
    }
}
