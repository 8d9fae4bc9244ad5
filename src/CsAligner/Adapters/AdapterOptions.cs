using CsAligner.Tensors;

namespace CsAligner.Adapters;

/// <summary>Which adapter to train, and how large.</summary>
public sealed record AdapterOptions
{
    /// <summary>The kinds that <c>--adapter</c> takes.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [LowRankAdapter.KindName, MlpAdapter.KindName, IdentityAdapter.KindName];

    /// <summary><c>low-rank</c> (default), <c>mlp</c> or <c>mean-shift</c> (nothing to train).</summary>
    public string Kind { get; init; } = LowRankAdapter.KindName;

    /// <summary>
    /// Rank of <c>low-rank</c>, hidden width of <c>mlp</c>; 1 to 65536. Null is 256, at most D, for <c>low-rank</c>,
    /// and 2 D for <c>mlp</c>. Few pairs do not call for a small rank: many directions that each move little
    /// generalise better than a few that move far.
    /// </summary>
    public int? Size { get; init; }

    /// <summary>
    /// Whether the adapters start by taking the modality means away (or, where one side is trained alone, by moving
    /// its mean onto the other's). False starts at the identity; crossing a wide gap from there takes many more steps.
    /// </summary>
    public bool MeanShift { get; init; } = true;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public void Validate()
    {
        if (!Kinds.Contains(Kind)) throw new InputException($"adapter: expected one of {string.Join(", ", Kinds)}, got '{Kind}'");
        if (Size is < 1 or > 65536) throw new InputException($"adapter: expected a size of 1 to 65536, got {Size}");
    }

    internal Adapter Create(Tensor shift, RandomGenerator random) => Kind switch
    {
        LowRankAdapter.KindName => new LowRankAdapter(shift, Size ?? Math.Min(shift.Length, 256), random),
        MlpAdapter.KindName => new MlpAdapter(shift, Size ?? 2 * shift.Length, random),
        _ => new IdentityAdapter(shift),
    };
}
