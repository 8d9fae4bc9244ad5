namespace CsAligner.Benchmarks.Objective;

/// <summary>One timed call, forward and backward; peak bytes are the rise of the process's largest resident size since before the first
/// call.</summary>
internal sealed record ObjectiveResult(double Seconds, double Value, double GradNormImages, double GradNormTexts, long PeakBytes);
