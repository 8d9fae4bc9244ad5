using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Benchmarks.Interop;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Matmul;

/// <summary>
/// Our matrix product against OpenBLAS. Each SIMD path runs in a process of its own, for OpenBLAS chooses its kernels
/// when it is loaded: there it is told to use those of the same instruction set, which it does not always find by itself
/// on processors younger than it.
/// </summary>
internal static class MatmulBenchmark
{
    public const string ChildVerb = "matmul-child";

    private const int DefaultRounds = 7, FewestRounds = 5;

    public static int Run(string[] arguments)
    {
        bool json = false;
        int rounds = DefaultRounds;
        List<SimdPath> paths = [.. new[] { SimdPath.Avx512, SimdPath.Avx2 }.Where(Simd.IsAvailable)];
        bool all = true;
        string use = "";
        for (int i = 0; i < arguments.Length; i++)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    break;
                case "--rounds" when int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds >= FewestRounds:
                    i++;
                    break;
                case "--simd" when value.Length > 0:
                    paths = [Simd.Read(value)];
                    all = false;
                    i++;
                    break;
                case "--use" when value.Length > 0:
                    use = value;
                    all = false;
                    i++;
                    break;
                default:
                    Console.Error.WriteLine(
                        $"matmul: expected [--json] [--rounds N, at least {FewestRounds}] [--simd avx512|avx2|portable] "
                        + $"[--use TEXT, to measure the shapes named so], got '{arguments[i]}'");
                    return 2;
            }
        }
        if (paths.Count == 0) paths = [SimdPath.Portable];
        OpenBlas.Describe();
        List<MatmulRun> runs = [];
        foreach (SimdPath path in paths)
        {
            if (StartChild(path, rounds, use) is not { } run) return 1;
            runs.Add(run);
        }
        if (json) Console.WriteLine(JsonSerializer.Serialize<IReadOnlyList<MatmulRun>>(runs, MatmulJson.Default.IReadOnlyListMatmulRun));
        string table = Markdown(runs);
        if (!json) Console.WriteLine(table);
        if (all)
        {
            string file = Path.Combine(Machine.ResultsFolder(), "matmul.md");
            File.WriteAllText(file, table);
            Console.Error.WriteLine($"written: {file}");
        }
        return 0;
    }

    /// <summary>Measures every shape on the path that the environment forces, and prints the run as JSON.</summary>
    public static int RunChild(string[] arguments)
    {
        int rounds = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        string peer = OpenBlas.Describe();
        List<MatmulResult> results = [];
        foreach (int threads in (int[])[1, 2])
        {
            foreach (MatmulShape shape in MatmulShape.All.Where(s => $"{s.Use} {s.M}".Contains(arguments[1], StringComparison.Ordinal)))
            {
                MatmulResult result = MatmulMeasurement.Measure(shape, threads, rounds);
                results.Add(result);
                Console.Error.WriteLine(
                    $"{Compute.Simd,-8} {threads} threads  {result.M,4} x {result.N,4} x {result.K,4}  " +
                    $"{result.Gflops,6:F1} GFLOP/s, OpenBLAS {result.PeerGflops,6:F1}, ratio {result.Ratio:F3}");
            }
        }
        Console.WriteLine(JsonSerializer.Serialize(new MatmulRun(Compute.Simd, peer, rounds, results), MatmulJson.Default.MatmulRun));
        return 0;
    }

    private static MatmulRun? StartChild(SimdPath path, int rounds, string use)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "CsAligner.Benchmarks.dll"));
        start.ArgumentList.Add(ChildVerb);
        start.ArgumentList.Add(rounds.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(use);
        start.Environment["CSALIGN_SIMD"] = Simd.NameOf(path);
        string? kernels = path switch
        {
            SimdPath.Avx512 => "SkylakeX",
            SimdPath.Avx2 => "Haswell",
            _ => null,
        };
        if (kernels != null) start.Environment["OPENBLAS_CORETYPE"] = kernels;
        using var child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? JsonSerializer.Deserialize(output, MatmulJson.Default.MatmulRun) : null;
    }

    private static string Markdown(List<MatmulRun> runs)
    {
        var text = new StringBuilder();
        text.AppendLine("# Matrix product against OpenBLAS").AppendLine();
        text.AppendLine("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- matmul`; do not edit.")
            .AppendLine();
        foreach (string line in Machine.Describe()) text.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
        text.AppendLine();
        text.AppendLine("float32, C = A·B, GFLOP/s counted as 2·m·n·k; T marks an operand stored transposed.");
        text.AppendLine("Ours and theirs run in turn. The table has medians over the rounds, and the median of the rounds' ratios.");
        text.AppendLine("We tell OpenBLAS which kernels to use (`OPENBLAS_CORETYPE`), because it mistakes some new processors for old "
            + "ones.");
        foreach (MatmulRun run in runs)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {run.Simd}").AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"{run.Peer}; {run.Rounds} rounds.").AppendLine();
            text.AppendLine("| Use | m | n | k | Threads | Ours | OpenBLAS | Ratio |");
            text.AppendLine("|---|---:|---:|---:|---:|---:|---:|---:|");
            foreach (MatmulResult r in run.Results)
            {
                string marks = (r.TransposeA ? ", A T" : "") + (r.TransposeB ? ", B T" : "");
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {r.Use}{marks} | {r.M} | {r.N} | {r.K} | {r.Threads} | {r.Gflops:F1} | {r.PeerGflops:F1} | {r.Ratio:F2} |");
            }
            text.AppendLine();
            foreach (var group in run.Results.GroupBy(r => (r.Threads, Model: r.Use.Split(',')[0])).Where(g => g.Count() > 1))
            {
                double mean = Math.Exp(group.Average(r => Math.Log(r.Ratio)));
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"- Geometric mean of the ratios, {group.Key.Model}, "
                        + $"{(group.Key.Threads == 1 ? "one thread" : $"{group.Key.Threads} threads")}: {mean:F2}, the "
                        + $"least {group.Min(r => r.Ratio):F2}");
            }
        }
        return text.ToString();
    }
}
