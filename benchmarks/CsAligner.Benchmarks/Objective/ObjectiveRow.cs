namespace CsAligner.Benchmarks.Objective;

/// <summary>Medians of one batch size over its rounds; ratios are medians of the rounds' ratios.
/// Without peers theirs are not numbers.</summary>
internal sealed record ObjectiveRow(int Batch, int Rounds, double Ours, double Six, double Written, double Best, double OverSix,
    double WrittenRatio, double BestRatio, double PeakBytes);
