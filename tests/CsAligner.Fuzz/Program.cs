using System.Diagnostics;
using System.Globalization;
using CsAligner.Fuzz.Coverage;
using CsAligner.Fuzz.Targets;

namespace CsAligner.Fuzz;

/// <summary>
/// <c>CsAligner.Fuzz GROUP [--minutes N] [--seed N]</c>: fuzzes the readers of a group, guided by what they cover,
/// for so many minutes of the processor;
/// <c>CsAligner.Fuzz GROUP --changes N</c>: runs the kept inputs and N changes of them under a fixed seed, and keeps nothing;
/// <c>CsAligner.Fuzz GROUP --replay FOLDER</c>: runs one input, such as a finding that was written.
/// Exit 0 nothing found, 1 something found, 2 wrong usage.
/// </summary>
internal static class Program
{
    public const int Failed = 1;

    /// <summary>The exit code of a process that <see cref="Watchdog"/> ended; another one goes on.</summary>
    public const int Stopped = 3;

    // Where a copy that is instrumented finds the tree it was copied from, and where it works.
    private const string InsideKey = "CSALIGN_FUZZ_ROOT", WorkKey = "CSALIGN_FUZZ_WORK";

    public static int Main(string[] arguments)
    {
        if (arguments.Length == 0 || FuzzTargets.Groups.All(group => group.Name != arguments[0]))
        {
            var groups = FuzzTargets.Groups
                .Select(group => $"{group.Name} ({string.Join(", ", group.Targets.Select(target => target.Name))})");
            Console.Error.WriteLine(
                $"usage: GROUP [--minutes N] [--seed N] | --changes N | --replay FOLDER; groups: {string.Join(", ", groups)}");
            return 2;
        }

        FuzzGroup chosen = FuzzTargets.Groups.Single(group => group.Name == arguments[0]);
        if (Option(arguments, "--replay") is { } folder) return Replay(chosen, folder);
        if (Option(arguments, "--changes") is { } changes) return Check(chosen, int.Parse(changes, CultureInfo.InvariantCulture));
        double minutes = double.Parse(Option(arguments, "--minutes") ?? "1", CultureInfo.InvariantCulture);
        int seed = int.Parse(Option(arguments, "--seed") ?? "1", CultureInfo.InvariantCulture);
        return Environment.GetEnvironmentVariable(InsideKey) is { } root
            ? Run(chosen, root, Workplace.At(Environment.GetEnvironmentVariable(WorkKey)!), TimeSpan.FromMinutes(minutes), seed)
            : RunCopies(chosen, Root(), TimeSpan.FromMinutes(minutes), seed);
    }

    // One process, and after each that ends before its time another.
    private static int RunCopies(FuzzGroup group, string root, TimeSpan duration, int seed)
    {
        using var copy = new InstrumentedCopy();
        using var workplace = Workplace.Create();
        Console.WriteLine($"{group.Name}: {copy.Blocks} blocks instrumented");
        Environment.SetEnvironmentVariable(InsideKey, root);
        Environment.SetEnvironmentVariable(WorkKey, workplace.Folder);
        bool failed = false;
        int unknown = 0;
        while (true)
        {
            int code = copy.Run(
                [group.Name, "--minutes", duration.TotalMinutes.ToString(CultureInfo.InvariantCulture), "--seed",
                    seed.ToString(CultureInfo.InvariantCulture)]);
            if (code is 0 or Failed) return failed ? Failed : code;
            if (code != Stopped)
            {
                if (workplace.Ended(group) is { } input) Tell(Finding.OfEnd(input, code), root);
                else if (++unknown > 3) return code;
                else Console.WriteLine($"FINDING process ended with {code} between two inputs");
            }

            failed = true;
            seed++;
        }
    }

    private static int Run(FuzzGroup group, string root, Workplace workplace, TimeSpan duration, int seed)
    {
        string corpus = CorpusIn(root);
        long start = Stopwatch.GetTimestamp(), lastLine = 0;
        TimeSpan spent = workplace.Spent;
        int found = 0;
        var session = new FuzzSession(group, corpus, seed, workplace);
        foreach (var finding in session.Findings) Found(finding);
        session.Found = Found;
        using (new Watchdog(session.Executor, Found))
        {
            // Time of the processor: what else the machine does must not count as time spent looking.
            while ((workplace.Spent = spent + Environment.CpuUsage.TotalTime) < duration)
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
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                    $"{group.Name}: {time.TotalMinutes:f1} min ({workplace.Spent.TotalMinutes:f1} of the processor in "
                        + $"all), {session.Runs:N0} inputs, {session.Runs / time.TotalSeconds:f0}/s, {session.Steps} steps covered, "
                        + $"corpus {session.CorpusSize}, slowest {session.Executor.Slowest.TotalMilliseconds:f0} ms, findings {found}"));
        }

        void Found(Finding finding)
        {
            found++;
            Tell(finding, root);
        }
    }

    private static void Tell(Finding finding, string root)
    {
        string place =
            Directory.CreateDirectory(Path.Combine(root, "artifacts", "fuzz", finding.Input.Target.Name, finding.Input.Id)).FullName;
        finding.Input.WriteTo(place);
        File.WriteAllText(Path.Combine(place, "finding.txt"), $"{finding.Kind}\n{finding.Details}\n");
        Console.WriteLine($"FINDING {finding.Kind}; input in {place}");
    }

    private static int Check(FuzzGroup group, int changes)
    {
        using var workplace = Workplace.Create();
        var session = new FuzzSession(group, CorpusIn(Root()), seed: 1, workplace);
        for (int i = 0; i < changes; i++) session.Advance();
        foreach (var finding in session.Findings) Console.WriteLine($"FINDING {finding.Kind}\n{finding.Details}");
        Console.WriteLine($"{group.Name}: {session.Runs} inputs, findings {session.Findings.Count}");
        return session.Findings.Count == 0 ? 0 : Failed;
    }

    private static int Replay(FuzzGroup group, string folder)
    {
        string name = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)))!;
        FuzzTarget target = group.Target(name);
        using var workplace = Workplace.Create();
        Finding? finding =
            new Executor(workplace).Run(
                new FuzzInput(target, [.. target.Files.Select(file => File.ReadAllBytes(Path.Combine(folder, file)))]));
        Console.WriteLine(finding is null ? "nothing wrong" : $"{finding.Kind}\n{finding.Details}");
        return finding is null ? 0 : Failed;
    }

    private static string CorpusIn(string root) => Path.Combine(root, "tests", "CsAligner.Fuzz", "Corpus");

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
