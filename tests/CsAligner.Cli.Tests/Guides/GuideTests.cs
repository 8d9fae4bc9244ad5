using System.Diagnostics;
using CsAligner.Cli.Tests.Verbs;
using CsAligner.Data.Tests;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Guides;

/// <summary>
/// The README and the guides are true: every command of their <c>sh</c> blocks runs, in order, in a folder that has the files they
/// speak of. Commands of <c>console</c> blocks, which begin with a dollar sign, print the lines below them. What stands in
/// <c>bash</c> blocks downloads much or takes minutes, and is only parsed (<see cref="ReadmeTests"/>).
/// </summary>
public sealed class GuideTests
{
    private const string Serve = "csalign serve ";

    public static TheoryData<string> Pages() =>
        [.. Files().Where(page => Steps(page).Count > 0).Select(page => Path.GetRelativePath(Repository.Root, page))];

    /// <summary>The README and every page below docs.</summary>
    internal static IEnumerable<string> Files() =>
        [Path.Combine(Repository.Root, "README.md"),
            .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md",
                SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_command_of_a_guide_runs(string page)
    {
        using var folder = new TemporaryFolder();
        GuideFolder.Fill(folder);
        var steps = Steps(Path.Combine(Repository.Root, page));
        foreach (var (command, expected) in steps)
        {
            if (command.StartsWith(Serve, StringComparison.Ordinal))
            {
                // It would not end: it is asked whether it is ready, and ended.
                await using var served = await ServedProcess.StartAsync(Words(command[Serve.Length..]), folder.Path);
                Assert.True((await served.GetAsync("v1/stats")).GetProperty("width").GetInt32() > 0);
                Assert.Equal(0, (await served.StopAsync()).Code);
                continue;
            }

            var (code, error) = await RunAsync(folder.Path, command);
            if (expected.Count == 0) Assert.True(code == 0, $"{command}\n{error}");
            else Assert.Equal([command, .. expected],
                [command, .. error.Split('\n').Where(line => line.StartsWith("csalign: ", StringComparison.Ordinal))]);
        }
    }

    private static List<(string Command, List<string> Expected)> Steps(string page)
    {
        var steps = new List<(string Command, List<string> Expected)>();
        string block = "";
        foreach (string line in File.ReadLines(page))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) block = block.Length > 0 ? "" : line[3..];
            else if (block == "console" && !line.StartsWith("$ ", StringComparison.Ordinal)) steps[^1].Expected.Add(line);
            else if (block is "sh" or "console") steps.Add((line.StartsWith("$ ", StringComparison.Ordinal) ? line[2..] : line, []));
        }

        return steps;
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // A process of its own: the guides' paths are relative to where the user stands.
    private static async Task<(int Code, string Error)> RunAsync(string folder, string command)
    {
        Assert.StartsWith("csalign ", command, StringComparison.Ordinal);
        string program = Path.Combine(AppContext.BaseDirectory, "csalign.dll");
        var start = new ProcessStartInfo("dotnet", $"\"{program}\" {command["csalign ".Length..]}")
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(error, output, process.WaitForExitAsync(TestContext.Current.CancellationToken));
        return (process.ExitCode, await error);
    }
}
