using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Ranks;

/// <summary>
/// The objective over ranks on this machine, one thread each, under every MPI that is installed; and what follows from the measured
/// constants for batches and clusters that are not here.
/// </summary>
internal static class RanksBenchmark
{
    public const string ChildVerb = "ranks-child";

    private const int Width = 768;

    private static readonly string[] Launchers = ["mpirun.openmpi", "mpirun.mpich"];
    private static readonly int[] Batches = [1024, 4096];

    public static int Run(string[] arguments)
    {
        bool json = arguments is ["--json"];
        if (arguments.Length > 0 && !json)
        {
            Console.Error.WriteLine($"ranks: expected [--json], got '{string.Join(' ', arguments)}'");
            return 2;
        }

        string load = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
        var results = new List<(string Mpi, RanksResult Result)>();
        foreach (string launcher in Launchers.Where(IsInstalled))
            foreach (int batch in Batches)
                foreach (var (ranks, exchange) in new[] { (1, "gather"), (2, "gather"), (2, "ring") })
                    results.Add((launcher, Measure(launcher, ranks, batch, exchange)));
        if (results.Count == 0) throw new InputException($"ranks: install one of {string.Join(", ", Launchers)} first");
        string page = Page(results, load);
        if (json) Console.WriteLine(JsonSerializer.Serialize(results.Select(r => new { r.Mpi, r.Result })));
        else Console.Write(page);
        AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "ranks.md"), page);
        return 0;
    }

    private static bool IsInstalled(string launcher) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, launcher)));

    private static RanksResult Measure(string launcher, int ranks, int batch, string exchange)
    {
        string[] line =
        [
            "-n", $"{ranks}", "dotnet", Path.Combine(AppContext.BaseDirectory, "CsAligner.Benchmarks.dll"), ChildVerb, $"{batch}",
            $"{Width}", exchange,
        ];
        var start = new ProcessStartInfo(launcher, line) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in new[]
        {
            ("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"), ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
            ("CSALIGN_THREADS", "1"), ("TERM", "dumb"),
        }) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string? found = Array.Find(output.Split('\n'), text => text.StartsWith('{'));
        if (process.ExitCode != 0 || found == null)
            throw new InputException($"ranks: {launcher} failed; run it by hand: {string.Join(' ', line)}");
        var result = JsonSerializer.Deserialize<RanksResult>(found)!;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{launcher} -n {ranks}, B = {batch}, {exchange}: {result.Seconds:f3} s, {result.ExchangeSeconds:f3} s in exchange"));
        return result;
    }

    private static string Page(List<(string Mpi, RanksResult Result)> results, string load)
    {
        var page = new StringBuilder("# The objective over ranks\n\n");
        page.Append("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- ranks`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) page.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        page.Append(CultureInfo.InvariantCulture, $"- SIMD path {Compute.Simd}, one thread a rank, both ranks on this machine\n");
        page.Append(CultureInfo.InvariantCulture, $"- Load average before the run: {load} (times are a quiet machine's only near 0)\n\n");
        page.Append(CultureInfo.InvariantCulture, $"""
            ## Measured

            D_CS and InfoNCE of B pairs, forward and backward, D = {Width}, as rank 0 saw the median of five steps. Exchange includes the time that a rank waits for the other. The model has {RanksResult.Products}·2·B²·D/P flops (of one rank at the rate of P = 1), and 2·B·D·(P - 1)/P floats received by `gather`, twice as many by `ring`, beside 11 doubles for each row.

            | MPI | ranks | B | exchange | step, s | compute, s | model, s | exchange, s | MB received | model, MB |
            |---|--:|--:|---|--:|--:|--:|--:|--:|--:|

            """);
        foreach (var (mpi, r) in results)
        {
            var alone = results.First(other => other.Mpi == mpi && other.Result.Batch == r.Batch && other.Result.Ranks == 1).Result;
            double modelBytes = RanksResult.ModelBytes(r.Batch, r.Width, r.Ranks, r.Exchange == "ring");
            page.Append(CultureInfo.InvariantCulture, $"| {mpi} | {r.Ranks} | {r.Batch:N0} | {r.Exchange} | {r.Seconds:f3} | ");
            page.Append(CultureInfo.InvariantCulture, $"{r.ComputeSeconds:f3} | {alone.ComputeSeconds / r.Ranks:f3} | ");
            page.Append(CultureInfo.InvariantCulture, $"{r.ExchangeSeconds:f3} | {r.Bytes / 1e6:f2} | {modelBytes / 1e6:f2} |\n");
        }

        double rate = results.Where(r => r.Result.Ranks == 1 && r.Result.Batch == Batches[^1]).Max(r => r.Result.Rate);
        page.Append(CultureInfo.InvariantCulture, $"""

            ## Reckoned, not measured

            From the rate of one thread above, {rate / 1e9:f0} GFLOP/s, for machines of 16 such cores with one rank each ({16 * rate / 1e12:f2} TFLOP/s), D = {Width}, and a network that gives a rank its full speed: seconds of compute, and of exchange, in a step. Latency is left out (some twenty operations a step, or a few for each window of the ring), and so are encoders, adapters and what they exchange. The memory is what `gather` holds of both sides' rows; `ring` holds a window of 8,192 rows. Exchange is **bold** where it takes longer than compute.

            | B | machines | compute, s | gather at 10 Gbit/s | at 100 | ring at 10 Gbit/s | at 100 | gathered rows, GB |
            |--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (double batch in (double[])[8192, 65_536, 1_048_576])
        {
            foreach (int machines in (int[])[8, 64, 512])
            {
                // Beyond a window's scores each direction of the cross term makes its scores again for the gradients.
                double compute = (RanksResult.Products + 2) * 2 * batch * batch * Width / machines / (16 * rate);
                string Exchange(bool ring, double gigabits)
                {
                    double seconds = RanksResult.ModelBytes(batch, Width, machines, ring) * 8 / (gigabits * 1e9);
                    string text = seconds.ToString("G3", CultureInfo.InvariantCulture);
                    return seconds > compute ? $"**{text}**" : text;
                }

                page.Append(CultureInfo.InvariantCulture, $"| {batch:N0} | {machines} | {compute:G3} | {Exchange(false, 10)} | ");
                page.Append(CultureInfo.InvariantCulture, $"{Exchange(false, 100)} | {Exchange(true, 10)} | {Exchange(true, 100)} | ");
                page.Append(CultureInfo.InvariantCulture, $"{2 * batch * Width * sizeof(float) / 1e9:G3} |\n");
            }
        }

        return page.ToString();
    }
}
