using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CsAligner.Mpi.Tests;

/// <summary>Programs of ours under <c>mpirun</c>, of either kind.</summary>
internal sealed class MpiRun : IDisposable
{
    // Two processors and up to eight ranks that wait by polling.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private static readonly Lock Installing = new();

    private readonly Process _process;
    private readonly StringBuilder _output = new(), _error = new();

    private MpiRun(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(_error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Both kinds: their launchers' names.</summary>
    public static TheoryData<string> Kinds => ["mpirun.openmpi", "mpirun.mpich"];

    public int ExitCode => _process.ExitCode;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Error => Text(_error);

    /// <summary>Lines of ours in stderr.</summary>
    public string[] Lines =>
        [.. Error.Split('\n').Select(line => line[Math.Max(0, line.IndexOf("csalign:", StringComparison.Ordinal))..])
            .Where(line => line.StartsWith("csalign:", StringComparison.Ordinal))];

    /// <summary>The program's command line: a worker's or that of csalign.</summary>
    public static string[] Program(string name, params string[] arguments) =>
        ["dotnet", Path.Combine(AppContext.BaseDirectory, name + ".dll"), .. arguments];

    /// <summary>Starts ranks and waits for their end.</summary>
    public static MpiRun Of(string launcher, int ranks, string[] command, params (string Name, string Value)[] variables)
    {
        var run = Start(launcher, ranks, command, variables);
        run.Wait();
        return run;
    }

    /// <summary>Runs a program that starts ranks, and waits for their end.</summary>
    public static MpiRun Of(string program, string[] arguments, int ranks)
    {
        var run = Start(program, arguments, ranks, []);
        run.Wait();
        return run;
    }

    /// <summary>Starts ranks.</summary>
    /// <param name="launcher">One of <see cref="Kinds"/>; the test is skipped where it is not installed.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="command">What each runs.</param>
    /// <param name="variables">Added to their environment.</param>
    public static MpiRun Start(string launcher, int ranks, string[] command, params (string Name, string Value)[] variables)
    {
        Require(launcher);
        return Start(launcher, ["-n", $"{ranks}", .. command], ranks, variables);
    }

    private static MpiRun Start(string program, string[] arguments, int ranks, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Settings(ranks).Concat(variables)) start.Environment[name] = value;
        return new MpiRun(Process.Start(start)!);
    }

    /// <summary>Skips the test where a launcher is not installed, and root may not install it from Debian.</summary>
    public static void Require(string launcher)
    {
        string package = launcher.EndsWith("openmpi", StringComparison.Ordinal) ? "openmpi-bin" : "mpich";
        lock (Installing)
            if (!IsInstalled(launcher) && Environment.UserName == "root" && IsInstalled("apt-get")) Install(package);
        Assert.SkipUnless(IsInstalled(launcher), $"{launcher} is not installed: Debian has it in {package}");
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static void Install(string package)
    {
        foreach (string line in (string[])["update -qq", $"install -y -qq --no-install-recommends {package}"])
        {
            var start = new ProcessStartInfo("apt-get", line.Split(' ')) { UseShellExecute = false, RedirectStandardOutput = true };
            start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
            using var process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
        }
    }

    /// <summary>A command that runs one line on one rank and another on all others.</summary>
    public static string[] OnRank(int rank, string[] there, string[] others) =>
        ["sh", "-c", $"if [ \"${{OMPI_COMM_WORLD_RANK:-$PMI_RANK}}\" = {rank} ]; then exec {Line(there)}; else exec {Line(others)}; fi"];

    public void Wait()
    {
        if (!_process.WaitForExit(Longest))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"the ranks did not end:\n{Output}\n{Error}");
        }

        _process.WaitForExit();
    }

    /// <summary>The process of a rank, once it is there.</summary>
    public async Task<Process> RankAsync(int rank, string argument, CancellationToken cancellation)
    {
        for (; ; await Task.Delay(50, cancellation))
        {
            Assert.False(HasExited, Error);
            foreach (string folder in Directory.GetDirectories("/proc").Where(folder => Path.GetFileName(folder).All(char.IsAsciiDigit)))
            {
                try
                {
                    string[] command = (await File.ReadAllTextAsync(Path.Combine(folder, "cmdline"), cancellation)).Split('\0'),
                        variables = (await File.ReadAllTextAsync(Path.Combine(folder, "environ"), cancellation)).Split('\0');
                    if (Path.GetFileName(command[0]) == "dotnet" && command.Contains(argument)
                        && (variables.Contains($"OMPI_COMM_WORLD_RANK={rank}") || variables.Contains($"PMI_RANK={rank}")))
                        return Process.GetProcessById(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                }
                catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or ArgumentException)
                {
                    // It has ended, or is another user's.
                }
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    /// <summary>What ranks need in a container, as root and on fewer processors than ranks.</summary>
    public static IEnumerable<(string Name, string Value)> Settings(int ranks) =>
    [
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"), ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("OMPI_MCA_mpi_yield_when_idle", "1"), ("TERM", "dumb"), ("OMPI_MCA_btl_base_warn_component_unused", "0"),
        .. ranks > Environment.ProcessorCount ? new[] { ("CSALIGN_THREADS", "1") } : [],
    ];

    private static string Line(string[] words) =>
        string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    private static void Add(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.Append(line).Append('\n');
    }

    private static string Text(StringBuilder text)
    {
        lock (text) return text.ToString();
    }
}
