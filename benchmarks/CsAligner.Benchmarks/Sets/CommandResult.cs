namespace CsAligner.Benchmarks.Sets;

/// <summary>A command of csalign on generated rows.</summary>
/// <param name="Command">What was run.</param>
/// <param name="Rows">On how many rows.</param>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="PeakBytes">The highest resident memory of its process.</param>
internal sealed record CommandResult(string Command, int Rows, double Seconds, long PeakBytes);
