namespace CsAligner.Generation.Fidelity;

/// <summary>How much of what was generated is a copy of what the generator was trained on.</summary>
public sealed record TrainingMeasures
{
    /// <summary>Rows of the training set.</summary>
    public required int Rows { get; init; }

    /// <summary>
    /// Share of generated rows that lie nearer to their nearest training row than any other training row does, 0 to 1: one minus
    /// the authenticity of Alaa et al. 2022 (arXiv 2102.08921). Null if there is one training row. A training row that is there
    /// twice has another at distance 0, and nothing is nearer than that: look at the cosines too.
    /// </summary>
    public required double? Memorised { get; init; }

    /// <summary>
    /// The same share of the reference rows, which the generator never saw: what <see cref="Memorised"/> is by chance, often a third to a
    /// half.
    /// </summary>
    public required double? MemorisedReference { get; init; }

    /// <summary>The nearest training row of each generated row.</summary>
    public required IReadOnlyList<NearestTrainingRow> Nearest { get; init; }

    /// <summary>How near generated rows lie to training.</summary>
    public required CosineSummary Generated { get; init; }

    /// <summary>How near reference rows lie to training: what unseen real pictures have.</summary>
    public required CosineSummary Reference { get; init; }
}
