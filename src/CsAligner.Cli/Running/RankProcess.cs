using CsAligner.Cli.Terminals;
using CsAligner.Mpi;
using CsAligner.Ranks;
using CsAligner.Tensors;

namespace CsAligner.Cli.Running;

/// <summary>This process as one of several that <c>mpirun</c> has started: rank 0 speaks for all, others only of their failures.</summary>
internal sealed class RankProcess
{
    // What all ranks find, rank 0 says, and the launcher then ends the others before they do.
    private static readonly TimeSpan FirstWord = TimeSpan.FromSeconds(4), NextWord = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LineTaken = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5), LongestEnd = TimeSpan.FromSeconds(10);

    private const int MostWaits = 40;

    private readonly MpiLaunch _launch;
    private readonly TextWriter _error;
    private Communicator? _joined;
    private bool _hasNoMpi;

    private RankProcess(MpiLaunch launch, TextWriter error) => (_launch, _error) = (launch, error);

    /// <summary>How many processes there are.</summary>
    public int Size => _launch.Size;

    /// <summary>Null for a process that was started by itself.</summary>
    public static RankProcess? Detect()
    {
        if (MpiLaunch.Detect() is not { } launch) return null;

        // Launchers give ranks a terminal of their own, which the runtime would greet with control characters on stdout.
        Environment.SetEnvironmentVariable("TERM", "dumb");
        return new RankProcess(launch, Console.Error);
    }

    /// <summary>Where words and results go: those of rank 0 out as plain text, those of others nowhere.</summary>
    public Terminal Terminal => _launch.Rank == 0 ? Terminal.ForProcess(plain: true) : Terminal.Silent();

    /// <summary>Joins the others, and shares the machine's processors with those that run on it.</summary>
    public ICommunicator Join()
    {
        if (ThreadsFor(Environment.GetEnvironmentVariable) is { } threads) Compute.Threads = threads;
        try
        {
            return _joined = Communicator.Open(_launch);
        }
        catch (InputException)
        {
            _hasNoMpi = true;
            throw;
        }
    }

    /// <summary>Leaves the others, who are done too; not at any price.</summary>
    public void Leave()
    {
        if (_joined is null) return;

        // Behind this all have done their work. UCX may then wait for ever for a rank that has closed its sockets already.
        _joined.Barrier();
        using var watch = new Timer(_ => Environment.Exit(ExitCode.Done), null, LongestEnd, Timeout.InfiniteTimeSpan);
        _joined.Dispose();
    }

    /// <summary>Says in one line why this rank ends, and ends all.</summary>
    public async Task<int> FailAsync(string line, int code)
    {
        // A machine without MPI is one failure, however many ranks it has.
        if (_hasNoMpi && IsNotFirstOfMachine(Environment.GetEnvironmentVariable))
        {
            await Task.Delay(FirstWord);
            return code;
        }

        // The others may wait in MPI's start for this one, or have failed too: rank 0 is then the first to speak.
        if (_joined is null && !_hasNoMpi) await Task.WhenAny(Task.Run(TryJoin), Task.Delay(LongestStart));
        if (_launch.Rank > 0) await Task.Delay(FirstWord + (NextWord * Math.Min(_launch.Rank, MostWaits)));
        await _error.WriteLineAsync(Size > 1 ? $"csalign: rank {_launch.Rank}: {line}" : $"csalign: {line}");
        await _error.FlushAsync();

        // MPICH's launcher forgets what it has not yet passed on when a rank aborts.
        await Task.Delay(LineTaken);
        _joined?.Abort(code);
        return code;
    }

    /// <summary>Ends after a stop that all ranks have agreed on: rank 0 first.</summary>
    public async Task<int> StopAsync(string line)
    {
        if (_launch.Rank > 0) await Task.Delay(FirstWord);
        else await _error.WriteLineAsync($"csalign: {line}");
        return ExitCode.Stopped;
    }

    private static bool IsNotFirstOfMachine(Func<string, string?> environment) =>
        ((string[])["OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"])
            .Any(name => environment(name) is { Length: > 0 } place && place != "0");

    private void TryJoin()
    {
        try
        {
            _joined = Communicator.Open(_launch);
        }
        catch (InputException)
        {
            // There is something else to say.
        }
    }

    // A launcher that binds processes to processors has shared them already.
    private static int? ThreadsFor(Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(environment("CSALIGN_THREADS"))) return null;
        foreach (string name in (string[])["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE"])
        {
            if (!int.TryParse(environment(name), out int local) || local < 2) continue;
            bool bound = OperatingSystem.IsLinux() && Environment.ProcessorCount < OnlineProcessors();
            return bound ? null : Math.Max(1, Environment.ProcessorCount / local);
        }

        return null;
    }

    private static int OnlineProcessors()
    {
        try
        {
            return File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
