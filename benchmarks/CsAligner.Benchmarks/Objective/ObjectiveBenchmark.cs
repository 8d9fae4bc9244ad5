using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Objective;

/// <summary>
/// The objective, forward and backward: with --json ours alone; else ours, PyTorch in two forms and six OpenBLAS products of
/// the same size, each in a process of its own, in turn, and a table of it.
/// </summary>
internal static class ObjectiveBenchmark
{
    public const string ChildVerb = "objective-child", ProductsVerb = "objective-products";

    private const string Usage =
        "objective: expected [--batch N --dim N | --images X.npy --texts Y.npy] [--bandwidth F] [--temperature F] [--lambda F] "
            + "[--rounds N] " +
        "[--batches N,N,… | --curves] [--json], got '{0}'";

    private const string Script = "benchmarks/CsAligner.Benchmarks/Objective/objective_pytorch.py";
    private const int DefaultRounds = 5;

    // Beyond this PyTorch's matrices do not fit into an ordinary machine, and ours is measured alone, once.
    private const int LargestPeer = 16_384;

    // OpenBLAS's threads spin for some milliseconds after each product, which would slow down whatever runs next.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static int Run(string[] arguments)
    {
        var settings = new ObjectiveSettings();
        int rounds = DefaultRounds;
        int[] batches = [1024, 4096, 16_384];
        bool json = false, curves = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json")
            {
                json = true;
                continue;
            }
            if (arguments[i] == "--curves")
            {
                curves = true;
                continue;
            }
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            bool number = double.TryParse(value, CultureInfo.InvariantCulture, out double given) && given > 0;
            switch (arguments[i])
            {
                case "--batch" when number && given < int.MaxValue:
                    settings = settings with { Batch = (int)given };
                    batches = [(int)given];
                    break;
                case "--dim" when number && given < int.MaxValue:
                    settings = settings with { Dim = (int)given };
                    break;
                case "--images" when value.Length > 0:
                    settings = settings with { Images = value };
                    break;
                case "--texts" when value.Length > 0:
                    settings = settings with { Texts = value };
                    break;
                case "--bandwidth" when number:
                    settings = settings with { Bandwidth = given };
                    break;
                case "--temperature" when number:
                    settings = settings with { Temperature = given };
                    break;
                case "--lambda" when number || given == 0:
                    settings = settings with { Lambda = given };
                    break;
                case "--rounds" when number && given < int.MaxValue:
                    rounds = (int)given;
                    break;
                case "--batches" when value.Split(',') is var parts
                    && parts.All(p => int.TryParse(p, CultureInfo.InvariantCulture, out int n) && n > 0):
                    batches = [.. parts.Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
                    break;
                default:
                    Console.Error.WriteLine(Usage, arguments[i]);
                    return 2;
            }
            i++;
        }
        if (settings.Images == null != (settings.Texts == null))
            throw new InputException("objective: --images and --texts go together; give both or none.");
        if (json) PrintOurs(settings, rounds);
        else if (settings.Images != null)
            throw new InputException("objective: the table is made of synthetic rows; add --json to measure files.");
        else if (curves) ObjectiveCurves.Write(settings, rounds);
        else WriteTable(settings, batches, rounds);
        return 0;
    }

    /// <summary>Ours as a peer: answers each line with what a call took and found.</summary>
    public static int RunChild(string[] arguments)
    {
        double[] numbers = [.. arguments[2..].Select(a => double.Parse(a, CultureInfo.InvariantCulture))];
        var call = new ObjectiveCall(new ObjectiveSettings
        {
            Images = arguments[0],
            Texts = arguments[1],
            Bandwidth = numbers[0],
            Temperature = numbers[1],
            Lambda = numbers[2],
        });
        Console.WriteLine($"CsAligner, {Compute.Simd}, {Compute.Threads} threads");
        while (Console.ReadLine() != null)
        {
            var result = call.Run();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Seconds:R} {result.Value:R} {result.GradNormImages:R} {result.GradNormTexts:R} {result.PeakBytes}"));
        }
        return 0;
    }

    public static int RunProducts(string[] arguments)
    {
        int[] numbers = [.. arguments.Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
        SixProducts.Serve(numbers[0], numbers[1], numbers[2]);
        return 0;
    }

    private static void PrintOurs(ObjectiveSettings settings, int rounds)
    {
        var call = new ObjectiveCall(settings);
        call.Run();
        ObjectiveResult[] results = [.. Enumerable.Range(0, rounds).Select(_ => call.Run())];
        double seconds = Rounds.Median(results.Select(r => r.Seconds));
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartObject();
        writer.WriteNumber("seconds", seconds);
        writer.WriteNumber("value", results[^1].Value);
        writer.WriteNumber("grad_norm_images", results[^1].GradNormImages);
        writer.WriteNumber("grad_norm_texts", results[^1].GradNormTexts);
        writer.WriteNumber("gflops", call.Flops / seconds / 1e9);
        writer.WriteNumber("peak_bytes", results[^1].PeakBytes);
        writer.WriteNumber("rows_images", call.Rows);
        writer.WriteNumber("rows_texts", call.Columns);
        writer.WriteNumber("dim", call.Dim);
        writer.WriteNumber("rounds", rounds);
        writer.WriteNumber("threads", Compute.Threads);
        writer.WriteString("simd", Compute.Simd);
        writer.WriteEndObject();
    }

    private static void WriteTable(ObjectiveSettings settings, int[] batches, int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-objective-").FullName;
        try
        {
            List<ObjectiveRow> rows = [];
            HashSet<string> peers = [];
            foreach (int batch in batches) rows.Add(Measure(settings with { Batch = batch }, rounds, folder, peers));
            string table = Table(settings, rows, peers);
            string path = Path.Combine(Machine.ResultsFolder(), "objective.md");
            AtomicFile.WriteAllText(path, table);
            Console.Write(table);
            Console.Error.WriteLine($"written: {path}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ObjectiveRow Measure(ObjectiveSettings settings, int rounds, string folder, HashSet<string> descriptions)
    {
        string images = Path.Combine(folder, "images.npy"), texts = Path.Combine(folder, "texts.npy");
        new ObjectiveCall(settings).WriteInputs(images, texts);
        string[] inputs = [images, texts, Text(settings.Bandwidth), Text(settings.Temperature), Text(settings.Lambda)];
        using var ours = new SelfPeer([ChildVerb, .. inputs]);
        if (settings.Batch > LargestPeer)
        {
            double[] alone = ours.Ask("");
            Console.Error.WriteLine($"{settings.Batch}: {alone[0]:f1} s");
            return new ObjectiveRow(settings.Batch, 1, alone[0], double.NaN, double.NaN, double.NaN, double.NaN, double.NaN,
                double.NaN, alone[4]);
        }
        using var products = new SelfPeer(ProductsVerb, Text(settings.Batch), Text(settings.Dim), Text(Compute.Threads));
        using var pytorch = new PythonPeer(Script, "python3-torch", [.. inputs, Text(Compute.Threads)]);
        descriptions.Add($"Ours: {ours.About}");
        descriptions.Add($"Products: {products.About}");
        descriptions.Add($"Peer: {pytorch.About}, eager, {Compute.Threads} threads");
        Func<double[]>[] calls = [() => ours.Ask(""), () => products.Ask(""), () => pytorch.Ask("written"), () => pytorch.Ask("best")];
        double[][] first = [.. calls.Select(call => call())];
        Compare(settings.Batch, "written", first[0], first[2]);
        Compare(settings.Batch, "best", first[0], first[3]);
        var seconds = new double[calls.Length][];
        for (int c = 0; c < calls.Length; c++) seconds[c] = new double[rounds];
        double peak = first[0][4];
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that nobody always profits from what another left behind.
            for (int i = 0; i < calls.Length; i++)
            {
                int c = (i + round) % calls.Length;
                Thread.Sleep(Pause);
                double[] answer = calls[c]();
                seconds[c][round] = answer[0];
                if (c == 0) peak = answer[4];
            }
            Console.Error.WriteLine($"{settings.Batch}, round {round + 1}: ours {seconds[0][round]:f3} s, six "
                + $"products {seconds[1][round]:f3}, PyTorch as written {seconds[2][round]:f3}, best {seconds[3][round]:f3}");
        }
        return new ObjectiveRow(
            settings.Batch, rounds, Rounds.Median(seconds[0]), Rounds.Median(seconds[1]), Rounds.Median(seconds[2]),
            Rounds.Median(seconds[3]),
            Rounds.Ratio(seconds[0], seconds[1]), Rounds.Ratio(seconds[2], seconds[0]), Rounds.Ratio(seconds[3], seconds[0]), peak);
    }

    // All of it is float32: the same loss to a thousandth, or somebody computes something else.
    private static void Compare(int batch, string form, double[] ours, double[] theirs)
    {
        if (Math.Abs(ours[1] - theirs[1]) > 1e-3 * Math.Abs(ours[1]))
            throw new InvalidOperationException($"{batch}: the loss is {ours[1]} here and {theirs[1]} in PyTorch ({form}).");
    }

    private static string Table(ObjectiveSettings settings, List<ObjectiveRow> rows, IEnumerable<string> peers)
    {
        var text = new StringBuilder();
        text.Append("# The objective, forward and backward\n\n");
        text.Append("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- objective`; do not edit.\n\n");
        foreach (string line in Machine.Describe().Concat(peers)) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            D_CS + {settings.Lambda} InfoNCE of B pairs of unit rows, D = {settings.Dim}, sigma = {settings.Bandwidth}, tau = {settings.Temperature}, float32, with gradients to both sides. Ours, OpenBLAS and PyTorch run in separate processes, in turn after a warm-up; the table has medians, and medians of the rounds' ratios.

            "Six products" is OpenBLAS's sgemm on the six products of 2·B²·D operations that the objective needs at least, and nothing else: the time ours would take if everything except the products were free. "As written" is the formula in PyTorch eager. "Best" is the best form we know in PyTorch: one score matrix for kernel and logits, the kernel of unit rows, and a custom autograd function for the symmetric products. Ours works for rows of any norm. Memory is the growth of the peak resident size from before the first call to after the last; it includes gradients and all scratch buffers, but not the inputs.

            | B | ours | six products | ours / six | PyTorch as written | ratio | PyTorch best | ratio | memory | rounds |
            |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Batch:N0} | {row.Ours:f3} s | {Cell(row.Six, "f3", " s")} | {Cell(row.OverSix, "f2", "x")} | "
                    + $"{Cell(row.Written, "f3", " s")} | {Cell(row.WrittenRatio, "f2", "x")} | {Cell(row.Best, "f3", " s")} | "
                    + $"{Cell(row.BestRatio, "f2", "x")} | {row.PeakBytes / (1 << 20):f0} MiB | {row.Rounds} |\n");
        }
        return text.ToString();
    }

    private static string Cell(double value, string format, string unit) =>
        double.IsNaN(value) ? "" : value.ToString(format, CultureInfo.InvariantCulture) + unit;

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
