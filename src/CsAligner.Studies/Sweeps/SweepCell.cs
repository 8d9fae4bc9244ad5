using CsAligner.Models.Lora;
using CsAligner.Studies.Baselines;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>One row of a sweep's table: the settings of a run, except for the seed.</summary>
internal sealed record SweepCell
{
    /// <summary>The case; empty if the recipe has none.</summary>
    public required string Case { get; init; }

    /// <summary>The value of each option of the grid.</summary>
    public required IReadOnlyList<string> Point { get; init; }

    public required AlignmentOptions Options { get; init; }

    /// <summary>What it knows of the rows that it is fitted to.</summary>
    public TrainingRows Rows { get; init; } = new();

    /// <summary>A method of others in the place of training.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>LoRA that trains with it.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>Whether the texts are those of the model itself where the recipe has another encoder for them.</summary>
    public bool OwnTexts { get; init; }

    /// <summary>Which of the recipe's other encoders its texts are of; null for the first.</summary>
    public string? TextModel { get; init; }

    /// <summary>Whether pictures are made of the true pictures' embeddings: what a perfect alignment would give.</summary>
    public bool TruePictures { get; init; }

    public bool AutomaticBandwidth { get; init; }

    public bool AutomaticLambda { get; init; }

    /// <summary>The name that identifies it.</summary>
    public string Name => string.Join(", ", Point.Prepend(Case).Where(part => part.Length > 0));
}
