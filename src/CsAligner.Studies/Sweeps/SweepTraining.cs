using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>A training of a sweep: what was asked for in the end, what came of it, and what it took.</summary>
internal sealed record SweepTraining(AlignmentOptions Options, AlignmentResult Result, double Seconds, long PeakBytes);
