using System.Diagnostics;
using CsAligner.Fuzz.Coverage;
using CsAligner.Tensors;

namespace CsAligner.Fuzz;

/// <summary>Gives inputs to their readers.</summary>
internal sealed class Executor(Workplace workplace)
{
    /// <summary>The most bytes that a reader may take from the heap for an input of at most 64 KiB.</summary>
    public const long UsualAllocated = 256L << 20;

    /// <summary>The most time that it may take, by the clock and of the processor: a busy machine alone is no finding.</summary>
    public static readonly TimeSpan UsualTime = TimeSpan.FromSeconds(10);

    private readonly Dictionary<FuzzTarget, string> _folders = [];

    /// <summary>What runs now and since when, for who watches; null between two inputs.</summary>
    public RunningInput? Running { get; private set; }

    /// <summary>The longest that an input has taken.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>Runs an input; what it covered is in <see cref="CoverageMap"/> afterwards where the readers tell of it.</summary>
    /// <returns>What went wrong, or null.</returns>
    public Finding? Run(FuzzInput input)
    {
        string folder = FolderOf(input.Target);
        input.WriteTo(folder);
        if (input.Target.IsNative) workplace.SetRunning(input.Target);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        var running = new RunningInput(input, Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        Running = running;
        CoverageMap.Clear();
        Finding? finding = null;
        try
        {
            input.Target.Run(folder);
        }
        catch (InputException failure)
        {
            finding = Finding.OfMessage(input, failure, folder);
        }
#pragma warning disable CA1031 // Whatever else comes is what we look for.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            finding = Finding.Of(input, failure);
        }

        Running = null;
        if (input.Target.IsNative) workplace.SetRunning(null);
        TimeSpan time = running.Time;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Slowest = time > Slowest ? time : Slowest;
        if (allocated > input.Target.MostAllocated)
            finding ??= Finding.OfCost(input, "too much memory", $"{allocated >> 20} MiB allocated for {input.Length} bytes");
        if (time > input.Target.MostTime)
            finding ??= Finding.OfCost(input, "too much time", $"{time.TotalSeconds:f1} s for {input.Length} bytes");
        return finding;
    }

    /// <summary>An input and when it began: a timestamp, and what the process had used of the processor.</summary>
    internal sealed record RunningInput(FuzzInput Input, long Start, TimeSpan Used)
    {
        /// <summary>The time so far, by the clock or of the processor, whichever is less.</summary>
        public TimeSpan Time
        {
            get
            {
                TimeSpan clock = Stopwatch.GetElapsedTime(Start), processor = Environment.CpuUsage.TotalTime - Used;
                return clock < processor ? clock : processor;
            }
        }
    }

    private string FolderOf(FuzzTarget target)
    {
        if (!_folders.TryGetValue(target, out string? folder))
            _folders[target] = folder = workplace.FolderOf(target);
        return folder;
    }
}
