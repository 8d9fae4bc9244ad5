using System.Diagnostics;

namespace CsAligner.Kills;

/// <summary>
/// Kills a job with SIGKILL at random moments, gives the same command again until it ends, and compares what it leaves with an
/// uninterrupted run. After every kill all files under their final names must be whole.
/// </summary>
internal sealed class KillRunner(KillJob job, string folder, int seed, Action<string> say)
{
    private readonly Random _random = new(seed);

    private string Input => Path.Combine(folder, "input");

    private string Whole => Path.Combine(folder, "whole");

    private string Cut => Path.Combine(folder, "cut");

    /// <summary>Runs until as many kills have hit, and the last run has ended.</summary>
    /// <exception cref="KillException">Something is torn, left over, or different.</exception>
    public KillCounts Run(int kills)
    {
        Directory.CreateDirectory(Input);
        job.Prepare(Input);
        long start = Stopwatch.GetTimestamp();
        Finish(Whole);
        TimeSpan span = Stopwatch.GetElapsedTime(start);
        string[] final = OutputFolder.Files(Whole);
        OutputFolder.CheckWhole(Whole);
        say($"{job.Name}: an uninterrupted run takes {span.TotalSeconds:f1} s and leaves {final.Length} files");

        var counts = new KillCounts(0, 0, 0, 0, 0);
        while (counts.Kills < kills)
        {
            // Spread over the whole of a run: those that go on are shorter, so the latest are too late.
            if (!Kill(_random.NextDouble() * span))
            {
                counts = counts with { TooLate = counts.TooLate + 1, Rounds = counts.Rounds + 1 };
                Compare(final);
                continue;
            }

            string[] found = OutputFolder.Files(Cut);
            bool some = found.Length > 0, all = !final.Except(found).Any();
            counts = all ? counts with { AtEnd = counts.AtEnd + 1 } : some
                ? counts with { Within = counts.Within + 1 }
                : counts with { Before = counts.Before + 1 };
            OutputFolder.CheckWhole(Cut);
            if (counts.Kills % 10 == 0) say($"{job.Name}: {counts}");
        }

        Finish(Cut);
        Compare(final);
        return counts with { Rounds = counts.Rounds + 1 };
    }

    private void Compare(string[] final)
    {
        OutputFolder.CheckWhole(Cut);
        string[] found = OutputFolder.Files(Cut), left = OutputFolder.Temporary(Cut);
        if (left.Length > 0) throw new KillException($"{job.Name}: left over: {string.Join(", ", left)}");
        if (!found.SequenceEqual(final))
            throw new KillException(
                $"{job.Name}: files {string.Join(", ", found.Except(final))} too many, {string.Join(", ", final.Except(found))} too few");
        foreach (string file in final)
        {
            if (!OutputFolder.Content(Path.Combine(Whole, file), job.Timings).AsSpan()
                .SequenceEqual(OutputFolder.Content(Path.Combine(Cut, file), job.Timings)))
                throw new KillException($"{job.Name}: {file} is not the same as that of an uninterrupted run");
        }

        Directory.Delete(Cut, recursive: true);
    }

    private void Finish(string output)
    {
        using Process process = Begin(output, out Task<string> error);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new KillException($"{job.Name} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
    }

    // False when it ended by itself before.
    private bool Kill(TimeSpan moment)
    {
        using Process process = Begin(Cut, out Task<string> error);
        if (process.WaitForExit(moment))
        {
            if (process.ExitCode != 0)
                throw new KillException($"{job.Name} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
            return false;
        }

        process.Kill();
        process.WaitForExit();
        return true;
    }

    private Process Begin(string output, out Task<string> error)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, "csalign.dll"), .. job.Arguments(Input, output)])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }
}
