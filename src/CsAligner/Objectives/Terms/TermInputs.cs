using CsAligner.Tensors;

namespace CsAligner.Objectives.Terms;

/// <summary>The inputs of an <see cref="ObjectiveTerm"/>.</summary>
/// <param name="X">[P + U, D]: unit rows of the images, those of pairs first.</param>
/// <param name="Y">[P + V, D]: unit rows of the texts, those of pairs first; [T + V, D] with T texts in
/// <paramref name="ImageOfText"/>.</param>
/// <param name="Pairs">P: row i of both is a pair for i below this, unless there is an <paramref name="ImageOfText"/>.</param>
/// <param name="Bandwidth">sigma of the kernel, detached.</param>
/// <param name="LogitScale">ln(1/tau), one element; it requires a gradient where the temperature is learned.</param>
/// <param name="ImageOfText">Of each of the first T texts the row of its image, where images have several texts each; else null.</param>
public sealed record TermInputs(Tensor X, Tensor Y, int Pairs, double Bandwidth, Tensor LogitScale, IReadOnlyList<int>? ImageOfText = null)
{
    /// <summary>Multiples of the bandwidth over which a kernel's divergence is the mean; none for the bandwidth alone.</summary>
    public IReadOnlyList<double> BandwidthFactors { get; init; } = [];

    /// <summary>[P + U, E]: the unit rows of <see cref="X"/> as they were before any training; null if no term needs them.</summary>
    public Tensor? StartX { get; init; }

    /// <summary>[P + V, E]: the same of <see cref="Y"/>.</summary>
    public Tensor? StartY { get; init; }

    /// <summary>How D_CS is taken in time linear in the rows; null for all pairs of rows.</summary>
    public NystromEstimator? Estimator { get; init; }

    /// <summary>Seeds what a step draws; another one for every step.</summary>
    public ulong Seed { get; init; }

    /// <summary>A parameter from <see cref="ObjectiveTerm.CreateParameters"/>, as trained so far.</summary>
    public IReadOnlyList<(string Name, Tensor Values)> Parameters { get; init; } = [];

    /// <summary>One of <see cref="Parameters"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">The term has made none of that name.</exception>
    public Tensor Parameter(string name)
    {
        foreach (var (own, values) in Parameters)
            if (own == name) return values;
        throw new ArgumentException(
            $"There is no parameter '{name}'; the term has made "
                + $"{(Parameters.Count == 0 ? "none" : string.Join(", ", Parameters.Select(p => p.Name)))}.", nameof(name));
    }
}
