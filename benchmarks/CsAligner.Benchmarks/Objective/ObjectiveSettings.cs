namespace CsAligner.Benchmarks.Objective;

/// <summary>What one call computes: D_CS + lambda InfoNCE of two sets of rows, forward and backward.</summary>
internal sealed record ObjectiveSettings
{
    public int Batch { get; init; } = 4096;

    public int Dim { get; init; } = 768;

    /// <summary>Rows to use as they are instead of synthetic ones; both or none.</summary>
    public string? Images { get; init; }

    public string? Texts { get; init; }

    public double Bandwidth { get; init; } = 0.5;

    public double Temperature { get; init; } = 0.05;

    public double Lambda { get; init; } = 0.25;
}
