using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Topk;

/// <summary>Exact top-K search, ours against faiss's flat index, in turn in one run.</summary>
internal static class TopkBenchmark
{
    private const int DefaultRounds = 5;
    private const string Script = "benchmarks/CsAligner.Benchmarks/Topk/topk_faiss.py";

    public static int Run(string[] arguments)
    {
        bool json = false;
        int rounds = DefaultRounds;
        TopkCase? only = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            int value = i + 1 < arguments.Length && int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out int number)
                ? number
                : 0;
            TopkCase changed = only ?? TopkCase.All[0];
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    continue;
                case "--rounds" when value > 0:
                    rounds = value;
                    break;
                case "--queries" when value > 0:
                    only = changed with { Queries = value };
                    break;
                case "--candidates" when value > 0:
                    only = changed with { Candidates = value };
                    break;
                case "--dim" when value > 0:
                    only = changed with { Width = value };
                    break;
                case "--k" when value > 0:
                    only = changed with { K = value };
                    break;
                default:
                    Console.Error.WriteLine(
                        $"topk: expected [--json] [--rounds N] [--queries N] [--candidates N] [--dim N] [--k N], got '{arguments[i]}'");
                    return 2;
            }

            i++;
        }

        string about = "";
        List<TopkResult> results = [];
        foreach (TopkCase given in only == null ? TopkCase.All : [only]) results.Add(Measure(given, rounds, out about));
        string table = Table(results, about, rounds);
        if (json) WriteJson(results);
        else Console.Write(table);
        if (only == null && rounds >= DefaultRounds) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "topk.md"), table);
        return 0;
    }

    private static TopkResult Measure(TopkCase given, int rounds, out string about)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-topk-").FullName;
        try
        {
            Tensor queries = UnitRows(given.Queries, given.Width, 1), candidates = UnitRows(given.Candidates, given.Width, 2);
            string[] files = [.. new[] { "queries.npy", "candidates.npy", "matches.npy" }.Select(name => Path.Combine(folder, name))];
            Npy.Write(files[0], queries);
            Npy.Write(files[1], candidates);
            using var peer = new PythonPeer(Script, "python3-faiss", files[0], files[1], Text(given.K), Text(Compute.Threads), files[2]);
            about = peer.About;
            peer.Ask("product");
            peer.Ask("search");
            var peak = new PeakMemory();
            int differences = Differences(ExactSearch.TopK(queries, candidates, given.K), Npy.ReadInt64(files[2]));
            long peakBytes = peak.Rise;
            var (ours, theirs, product) = (new double[rounds], new double[rounds], new double[rounds]);
            for (int round = 0; round < rounds; round++)
            {
                // Who comes first changes, so that neither always profits from what the other left behind.
                if (round % 2 == 0) ours[round] = Time();
                theirs[round] = peer.Ask("search")[0];
                product[round] = peer.Ask("product")[0];
                if (round % 2 != 0) ours[round] = Time();
                Console.Error.WriteLine($"{given.Queries} x {given.Candidates}, round {round + 1}: {ours[round]:f3} s, "
                    + $"faiss {theirs[round]:f3} s, product alone {product[round]:f3} s");
            }

            return new TopkResult(
                given, Rounds.Median(ours), Rounds.Median(theirs), Rounds.Median(product),
                Rounds.Ratio(theirs, ours), Rounds.Ratio(product, ours), peakBytes, differences);

            double Time()
            {
                long start = Stopwatch.GetTimestamp();
                ExactSearch.TopK(queries, candidates, given.K);
                return Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Differences(TopMatches ours, long[] theirs)
    {
        int differences = 0;
        for (int q = 0; q < ours.Queries; q++)
            for (int i = 0; i < ours.Count; i++)
                if (ours.Rows(q)[i] != theirs[((long)q * ours.Count) + i]) differences++;
        if (differences > theirs.Length / 1000)
            throw new InvalidOperationException($"ours and faiss differ in {differences} of {theirs.Length} places");
        return differences;
    }

    private static Tensor UnitRows(int rows, int width, ulong seed)
    {
        var tensor = Tensor.Normal(new RandomGenerator(seed), 1, rows, width);
        for (int r = 0; r < rows; r++)
        {
            var row = tensor.Span.Slice(r * width, width);
            float length = System.Numerics.Tensors.TensorPrimitives.Norm<float>(row);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, length, row);
        }

        return tensor;
    }

    private static string Table(List<TopkResult> results, string about, int rounds)
    {
        var text = new StringBuilder();
        text.Append("# Exact top-K against faiss\n\nWritten by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- topk`; "
            + "do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - Ours: SIMD path {Compute.Simd}, {Compute.Threads} threads
            - Peers: {about}, {Compute.Threads} threads, OPENBLAS_CORETYPE={PythonPeer.Kernels}

            For every query, find the K rows with the highest inner product: random rows of length 1, float32, all queries in one call. The programs run in turn, {rounds} rounds after a warm-up; the table has medians, and the median of the rounds' ratios (above 1: ours is faster). "Product alone" is NumPy's matrix product of the same rows, without selection. Ours settles near-ties in float64, faiss in float32; "differ" counts those of the Q x K places that name another row for this reason. Peak is the growth of peak resident memory during our search, including its result.

            | Q | C | D | K | ours, s | GFLOP/s | faiss, s | faiss / ours | product alone, s | product / ours | peak, MB | differ |
            |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (var r in results)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {r.Case.Queries:N0} | {r.Case.Candidates:N0} | {r.Case.Width} | {r.Case.K} | {r.Seconds:f2} | "
                    + $"{r.Case.Flops / r.Seconds / 1e9:f0} | {r.PeerSeconds:f2} | {r.Ratio:f2} | {r.ProductSeconds:f2} | "
                    + $"{r.ProductRatio:f2} | {r.PeakBytes / 1e6:f0} | {r.Differences} |\n");
        }

        return text.ToString();
    }

    private static void WriteJson(List<TopkResult> results)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartArray();
        foreach (var r in results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("queries", r.Case.Queries);
            writer.WriteNumber("candidates", r.Case.Candidates);
            writer.WriteNumber("dim", r.Case.Width);
            writer.WriteNumber("k", r.Case.K);
            writer.WriteNumber("seconds", r.Seconds);
            writer.WriteNumber("gflops", r.Case.Flops / r.Seconds / 1e9);
            writer.WriteNumber("faiss_seconds", r.PeerSeconds);
            writer.WriteNumber("product_seconds", r.ProductSeconds);
            writer.WriteNumber("faiss_ratio", r.Ratio);
            writer.WriteNumber("product_ratio", r.ProductRatio);
            writer.WriteNumber("peak_bytes", r.PeakBytes);
            writer.WriteNumber("differences", r.Differences);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
