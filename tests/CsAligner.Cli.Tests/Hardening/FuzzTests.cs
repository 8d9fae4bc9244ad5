using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using CsAligner.Fuzz;
using CsAligner.Fuzz.Coverage;
using CsAligner.Fuzz.Targets;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Hardening;

/// <summary>The short form of tests/CsAligner.Fuzz: every kept input, findings included, and some changes of each;
/// and that it finds what is wrong.</summary>
public class FuzzTests
{
    private const int Changes = 1000;

    private static readonly string Corpus = Path.Combine(Repository.Root, "tests", "CsAligner.Fuzz", "Corpus");

    public static TheoryData<string> Groups => [.. FuzzTargets.Groups.Where(group => !IsNative(group)).Select(group => group.Name)];

    public static TheoryData<string> NativeGroups => [.. FuzzTargets.Groups.Where(IsNative).Select(group => group.Name)];

    [Theory]
    [MemberData(nameof(NativeGroups))]
    public async Task Kept_inputs_and_changes_of_them_do_not_end_the_process(string name)
    {
        // What a native library reads may end it, and the other tests with it.
        using var process =
            Process.Start(
                new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
                    [Path.Combine(AppContext.BaseDirectory, "CsAligner.Fuzz.dll"), name, "--changes",
                        $"{Changes}"])
                { RedirectStandardOutput = true, UseShellExecute = false })!;
        string said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"exit {process.ExitCode}: {said}");
        Assert.Matches($"{name}: [0-9]+ inputs, findings 0", said);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Kept_inputs_and_changes_of_them_are_read_or_refused_in_one_line(string name)
    {
        FuzzGroup group = FuzzTargets.Groups.Single(g => g.Name == name);
        Assert.True(File.Exists(Fuzz.Corpus.PathOf(Corpus, group)), "the group has no corpus; run its long form once");
        using var workplace = Workplace.Create();
        var session = new FuzzSession(group, Corpus, seed: 1, workplace);
        for (int i = 0; i < Changes; i++) session.Advance();
        Assert.True(session.Runs >= Changes + (5 * group.Targets.Count));
        Assert.Empty(session.Findings.Select(finding => finding.Kind + "\n" + finding.Details));
    }

    [Theory]
    [InlineData("safetensors")]
    [InlineData("configs")]
    [InlineData("tokenizers")]
    [InlineData("tar")]
    [InlineData("onnx")]
    [InlineData("datasets")]
    [InlineData("pictures")]
    public void Seeds_are_read(string name)
    {
        // Of what is refused from the start, changes show little. (Not so npy's: several readers that want different shapes.)
        using var folder = new TemporaryFolder();
        var refused = new List<string>();
        foreach (FuzzTarget target in FuzzTargets.Groups.Single(g => g.Name == name).Targets)
        {
            string place = Directory.CreateDirectory(folder[target.Name]).FullName;
            foreach (var (number, parts) in target.Seeds().Index())
            {
                new FuzzInput(target, parts).WriteTo(place);
                if (Record.Exception(() => target.Run(place)) is { } failure) refused.Add($"{target.Name} {number}: {failure.Message}");
            }
        }

        Assert.True(refused.Count == 0, string.Join(Environment.NewLine, refused));
    }

    [Fact]
    public void What_a_reader_must_not_do_is_found()
    {
        // Of four letters that each do harm, one change of a seed makes each.
        var target = new FuzzTarget
        {
            Name = "bad",
            Files = ["x.bad"],
            Words = ["T", "M", "L", "N"],
            Run = folder =>
            {
                foreach (byte letter in File.ReadAllBytes(Path.Combine(folder, "x.bad")))
                {
                    if (letter == 'T') throw new TimeoutException();
                    if (letter == 'M') GC.KeepAlive(new byte[Executor.UsualAllocated + 1]);
                    if (letter == 'L') FuzzTarget.Require(false, "a law");
                    if (letter == 'N') throw new InputException("it is wrong");
                }
            },
            Seeds = () => [["abc"u8.ToArray()]],
        };
        using var workplace = Workplace.Create();
        var session = new FuzzSession(new FuzzGroup("bad", [target]), Path.GetTempPath(), seed: 1, workplace);
        Assert.Empty(session.Findings);
        for (int i = 0; i < 2000; i++) session.Advance();
        Assert.Equal(
            ["InvalidOperationException", "TimeoutException", "message names no file", "too much memory"],
            session.Findings.Select(finding => finding.Kind.Split(" in ")[0].Split(':')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_instrumented_reader_tells_what_it_covers()
    {
        using var folder = new TemporaryFolder();
        string copy = folder["CsAligner.Tensors.dll"];
        File.Copy(Path.Combine(AppContext.BaseDirectory, "CsAligner.Tensors.dll"), copy);
        Assert.True(Instrumenter.Instrument(copy) > 1000);

        // A context of its own: the tests' other readers stay as they are.
        var context = new AssemblyLoadContext("instrumented", isCollectible: true);
        Assembly assembly = context.LoadFromStream(new MemoryStream(File.ReadAllBytes(copy)));
        MethodInfo open = assembly.GetType("CsAligner.Tensors.Formats.NpyReader", throwOnError: true)!.GetMethod("Open", [typeof(string)])!;
        var progress = new CoverageProgress();
        // The first two: static fields are set on the first way through.
        bool[] isNew = [.. ((string[])["x", "x", "x", "\u0093NUMPY\u0001\0", "\u0093NUMPY\u0001\0"]).Select(text =>
        {
            folder.Write("x.npy", System.Text.Encoding.Latin1.GetBytes(text));
            CoverageMap.Clear();
            Assert.Throws<TargetInvocationException>(() => open.Invoke(null, [folder["x.npy"]]));
            return progress.Add();
        })];
        Assert.True(isNew[0]);
        Assert.Equal([false, true, false], isNew[2..]);
        context.Unload();
    }

    private static bool IsNative(FuzzGroup group) => group.Targets.Any(target => target.IsNative);
}
