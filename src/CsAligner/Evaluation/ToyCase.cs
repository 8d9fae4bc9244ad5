namespace CsAligner.Evaluation;

/// <summary>One of the toy cases: the name, what it shows, and the two modalities.</summary>
/// <param name="Name">A few words.</param>
/// <param name="Shows">One sentence.</param>
/// <param name="Modalities">The joint distribution.</param>
public sealed record ToyCase(string Name, string Shows, JointGaussian Modalities)
{
    private const double Correlation = 0.9;

    /// <summary>
    /// The paper's argument (figure 5) in two dimensions: three cases with the same mutual information whose distributions lie far apart,
    /// have the same centre but different shapes, and are equal.
    /// </summary>
    public static IReadOnlyList<ToyCase> All { get; } =
    [
        new(
            "Apart", "Same shapes on two centres: a centroid gap.",
            new JointGaussian([-2, 0], Turned(1, 0.45, 0.5), [2, 0], Turned(1, 0.45, 0.5), Correlation)),
        new(
            "One centre, two shapes", "The means agree and the distributions do not: subtracting means changes nothing.",
            new JointGaussian([0, 0], Turned(1.6, 0.25, 0.6), [0, 0], Turned(0.25, 1.6, 0.6), Correlation)),
        new(
            "One distribution", "Nothing is left to align.",
            new JointGaussian([0, 0], Turned(1, 0.45, 0.5), [0, 0], Turned(1, 0.45, 0.5), Correlation)),
    ];

    // Standard deviations along two axes, turned by an angle.
    private static double[,] Turned(double along, double across, double angle) => new[,]
    {
        { along * Math.Cos(angle), -across * Math.Sin(angle) },
        { along * Math.Sin(angle), across * Math.Cos(angle) },
    };
}
