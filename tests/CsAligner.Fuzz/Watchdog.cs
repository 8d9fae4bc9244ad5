using System.Diagnostics;

namespace CsAligner.Fuzz;

/// <summary>Ends the process when an input takes too long or its memory too much:
/// both would otherwise hold up or end it without a word.</summary>
internal sealed class Watchdog : IDisposable
{
    private const long MostMemory = 3L << 30;

    private readonly Timer _timer;

    public Watchdog(Executor executor, Action<Finding> found)
    {
        _timer = new Timer(
            _ =>
            {
                if (executor.Running is not { } running) return;
                using var process = Process.GetCurrentProcess();
                Finding? finding = running.Time is var time && time > 2 * running.Input.Target.MostTime
                    ? Finding.OfCost(running.Input, "hang", $"{time.TotalSeconds:f0} s")
                    : process.WorkingSet64 > MostMemory
                        ? Finding.OfCost(running.Input, "too much memory", $"{process.WorkingSet64 >> 20} MiB")
                    : null;
                if (finding is null) return;
                found(finding);
                Environment.Exit(Program.Stopped);
            },
            null,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _timer.Dispose();
}
