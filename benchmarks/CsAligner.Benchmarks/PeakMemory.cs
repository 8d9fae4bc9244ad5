using System.Globalization;

namespace CsAligner.Benchmarks;

/// <summary>The rise of this process's peak resident memory (VmHWM) over a stretch of work; 0 where the system does not say.</summary>
internal sealed class PeakMemory
{
    private const string Status = "/proc/self/status", Reset = "/proc/self/clear_refs";

    private readonly long _start;

    public PeakMemory()
    {
        if (!File.Exists(Reset)) return;

        // 5 sets the peak back to what is resident now.
        File.WriteAllText(Reset, "5");
        _start = Read("VmRSS:");
    }

    public long Rise => File.Exists(Reset) ? Math.Max(0, Read("VmHWM:") - _start) : 0;

    private static long Read(string field)
    {
        string line = File.ReadLines(Status).First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
