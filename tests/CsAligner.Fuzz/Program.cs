using System.Diagnostics;
using System.Globalization;
using CsAligner.Fuzz.Coverage;
using CsAligner.Fuzz.Targets;

namespace CsAligner.Fuzz;

/// <summary>
/// <c>CsAligner.Fuzz GROUP [--minutes N] [--seed N]</c>: fuzzes the readers of a group, guided by what they cover;
/// <c>CsAligner.Fuzz GROUP --replay FOLDER</c>: runs one input, such as a finding that was written.
/// Exit 0 nothing found, 1 something found, 2 wrong usage.
/// </summary>
internal static class Program
{
    public const int Failed = 1;

    // Where a copy that is instrumented finds the tree it was copied from.
    private const string InsideKey = "CSALIGN_FUZZ_ROOT";

    public static int Main(string[] arguments)
    {
        if (arguments.Length == 0 || FuzzTargets.Groups.All(group => group.Name != arguments[0]))
        {
            Console.Error.WriteLine($"usage: GROUP [--minutes N] [--seed N] [--replay FOLDER]; groups: {string.Join(", ", FuzzTargets.Groups.Select(group => $"{group.Name} ({string.Join(", ", group.Targets.Select(target => target.Name))})"))}");
            return 2;
        }

        FuzzGroup chosen = FuzzTargets.Groups.Single(group => group.Name == arguments[0]);
        if (Option(arguments, "--replay") is { } folder) return Replay(chosen, folder);
        if (Environment.GetEnvironmentVariable(InsideKey) is { } root)
        {
            double minutes = double.Parse(Option(arguments, "--minutes") ?? "1", CultureInfo.InvariantCulture);
            int seed = int.Parse(Option(arguments, "--seed") ?? "1", CultureInfo.InvariantCulture);
            return Run(chosen, root, TimeSpan.FromMinutes(minutes), seed);
        }

        using var copy = new InstrumentedCopy();
        Console.WriteLine($"{chosen.Name}: {copy.Blocks} blocks instrumented");
        Environment.SetEnvironmentVariable(InsideKey, Root());
        return copy.Run(arguments);
    }

    private static int Run(FuzzGroup group, string root, TimeSpan duration, int seed)
    {
        string corpus = Path.Combine(root, "tests", "CsAligner.Fuzz", "Corpus"), findings = Path.Combine(root, "artifacts", "fuzz");
        long start = Stopwatch.GetTimestamp(), lastLine = 0;
        int found = 0;
        using var session = new FuzzSession(group, corpus, seed);
        foreach (var finding in session.Findings) Tell(finding);
        session.Found = Tell;
        using (new Watchdog(session.Executor, Tell))
        {
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                for (int i = 0; i < 100; i++) session.Advance();
                if ((long)Stopwatch.GetElapsedTime(start).TotalMinutes <= lastLine) continue;
                lastLine++;
                Line();
            }
        }

        Line();
        Console.WriteLine($"{group.Name}: {session.Save(corpus)} inputs kept in {Corpus.PathOf(corpus, group)}");
        return found == 0 ? 0 : Failed;

        void Line()
        {
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group.Name}: {time.TotalMinutes:f1} min ({Environment.CpuUsage.TotalTime.TotalMinutes:f1} of the processor), {session.Runs:N0} inputs, {session.Runs / time.TotalSeconds:f0}/s, {session.Steps} steps covered, corpus {session.CorpusSize}, slowest {session.Executor.Slowest.TotalMilliseconds:f0} ms, findings {found}"));
        }

        void Tell(Finding finding)
        {
            found++;
            string place = Directory.CreateDirectory(Path.Combine(findings, finding.Input.Target.Name, finding.Input.Id)).FullName;
            finding.Input.WriteTo(place);
            File.WriteAllText(Path.Combine(place, "finding.txt"), $"{finding.Kind}\n{finding.Details}\n");
            Console.WriteLine($"FINDING {finding.Kind}; input in {place}");
        }
    }

    private static int Replay(FuzzGroup group, string folder)
    {
        string name = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)))!;
        FuzzTarget target = group.Target(name);
        using var executor = new Executor();
        Finding? finding = executor.Run(new FuzzInput(target, [.. target.Files.Select(file => File.ReadAllBytes(Path.Combine(folder, file)))]));
        Console.WriteLine(finding is null ? "nothing wrong" : $"{finding.Kind}\n{finding.Details}");
        return finding is null ? 0 : Failed;
    }

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at < 0 ? null : at + 1 < arguments.Length ? arguments[at + 1] : throw new InvalidOperationException($"{name} needs a value");
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CsAligner.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("it was not built inside of the repository");
    }
}
