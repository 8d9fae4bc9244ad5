namespace CsAligner.Benchmarks.Sets;

/// <summary>A pass over a generated data set.</summary>
/// <param name="Form">Its kind.</param>
/// <param name="FileBytes">Bytes of all its files.</param>
/// <param name="Captions">Captions or rows that it has.</param>
/// <param name="Pass">What the pass found.</param>
/// <param name="PeakBytes">The highest resident memory of the process, the runtime included.</param>
internal sealed record SetResult(string Form, long FileBytes, int Captions, SetPass Pass, long PeakBytes);
