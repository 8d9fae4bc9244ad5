using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Benchmarks.Embed;

/// <summary>Image embedding with a CLIP ViT-B/32, ours against ONNX Runtime and PyTorch eager on the same weights,
/// in turn in one run.</summary>
internal static class EmbedBenchmark
{
    public const string ChildVerb = "embed-child";

    private const string Usage = "embed: expected [--json] [--rounds N] [--batches N,N,…] [--threads N,N,…], got '{0}'";
    private const string Scripts = "benchmarks/CsAligner.Benchmarks/Embed";
    private const int DefaultRounds = 5, ImagesPerRound = 16;

    // Other summing orders than ours in some hundred layers' operations; a wrong weight or activation is far above it.
    private const double Tolerance = 1e-4;

    // Threads of the one before spin for some milliseconds, which would slow down whatever runs next.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static int Run(string[] arguments)
    {
        bool json = false;
        int rounds = DefaultRounds;
        int[] batches = [1, 16, 32], threads = [Compute.Threads];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json")
            {
                json = true;
                continue;
            }

            int[] numbers = i + 1 < arguments.Length ? Numbers(arguments[i + 1]) : [];
            switch (arguments[i])
            {
                case "--rounds" when numbers.Length == 1:
                    rounds = numbers[0];
                    break;
                case "--batches" when numbers.Length > 0:
                    batches = numbers;
                    break;
                case "--threads" when numbers.Length > 0:
                    threads = numbers;
                    break;
                default:
                    Console.Error.WriteLine(Usage, arguments[i]);
                    return 2;
            }

            i++;
        }

        string folder = Directory.CreateTempSubdirectory("csalign-embed-").FullName;
        try
        {
            HashSet<string> peers = [];
            EmbedCase[] cases = [.. threads.SelectMany(_ => batches, (t, b) => new EmbedCase(b, t))];
            WriteInputs(folder, batches);
            List<EmbedResult> results = [.. cases.Select(c => Measure(c, rounds, folder, peers))];
            var icons = IconClipSpeed.Measure(rounds);
            string table = Table(results, peers, rounds, icons.Images, icons.Texts);
            if (json) WriteJson(results, icons.Images, icons.Texts);
            else Console.Write(table);
            if (arguments.All(a => a == "--json")) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "embed.md"), table);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteInputs(string folder, int[] batches)
    {
        SeededClip.Create().Save(folder);
        foreach (int batch in batches) Npy.Write(Path.Combine(folder, $"pixels_{batch}.npy"), SeededClip.Pixels(batch));
        foreach (string kind in (string[])["standard", "fused"])
        {
            using var export =
                Process.Start("/usr/bin/python3",
                    [Path.Combine(Scripts, "embed_onnx.py"), folder, kind, Path.Combine(folder, kind + ".onnx")]);
            export.WaitForExit();
            if (export.ExitCode != 0)
                throw new InputException("embed: the export to ONNX failed, its message stands above; benchmarks/setup-peers.sh installs "
                    + "what it needs (Debian package python3-onnx).");
        }
    }

    private static EmbedResult Measure(EmbedCase given, int rounds, string folder, HashSet<string> descriptions)
    {
        string threads = Text(given.Threads);
        using var ours = EmbedChild.StartOurs(folder, given.Threads);
        using var standard = EmbedChild.StartOnnx(Path.Combine(folder, "standard.onnx"), given.Threads);
        using var fused = EmbedChild.StartOnnx(Path.Combine(folder, "fused.onnx"), given.Threads);
        using var pytorch =
            new PythonPeer(Path.Combine(Scripts, "embed_pytorch.py"), "python3-torch", folder, threads, Path.Combine(folder, "pixels"));
        descriptions.Add($"Ours: {ours.About}");
        descriptions.Add($"Peers: {standard.About} (onnxruntime-node of npm), every graph optimisation; {pytorch.About}, eager, "
            + $"OPENBLAS_CORETYPE={PythonPeer.Kernels}");
        Func<string, double[]>[] peers = [ours.Ask, standard.Ask, fused.Ask, pytorch.Ask];
        Tensor[] features = [.. peers.Select((ask, i) => Features(ask, given.Batch, Path.Combine(folder, $"features_{i}.npy")))];
        double difference = features[1..].Max(f => Difference(features[0], f)), cosine = features[1..].Min(f => Cosine(features[0], f));
        if (!(difference < Tolerance))
            throw new InputException($"embed: features of a batch of {given.Batch} differ by {difference:g3} of the largest; expected less "
                + $"than {Tolerance}. The figures would mean nothing.");

        int times = Math.Max(1, ImagesPerRound / given.Batch);
        var speeds = new double[peers.Length][];
        for (int i = 0; i < peers.Length; i++) speeds[i] = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that neither always profits from what the other left behind.
            for (int turn = 0; turn < peers.Length; turn++)
            {
                int i = (turn + round) % peers.Length;
                Thread.Sleep(Pause);
                speeds[i][round] = given.Batch * times / peers[i](Line(given.Batch, Text(times)))[0];
            }

            Console.Error.WriteLine($"batch {given.Batch}, {threads} threads, round {round + 1}: {speeds[0][round]:f1}, ONNX "
                + $"Runtime {speeds[1][round]:f1} and {speeds[2][round]:f1}, PyTorch {speeds[3][round]:f1} images/s");
        }

        double[] medians = [.. speeds.Select(Rounds.Median)];
        double[] better = [.. speeds[1].Zip(speeds[2], Math.Max)];
        return new(given, medians[0], medians[1], medians[2], medians[3], Rounds.Ratio(speeds[0], better),
            Rounds.Ratio(speeds[0], speeds[3]), difference, cosine);
    }

    private static Tensor Features(Func<string, double[]> ask, int batch, string file)
    {
        ask(Line(batch, file));
        return Npy.ReadTensor(file);
    }

    private static double Difference(Tensor a, Tensor b)
    {
        float largest = 0;
        for (int i = 0; i < a.Length; i++) largest = Math.Max(largest, Math.Abs(a.Span[i] - b.Span[i]));
        return largest / TensorPrimitives.MaxMagnitude<float>(a.Span);
    }

    private static double Cosine(Tensor a, Tensor b) =>
        Enumerable.Range(0, a.Rows)
            .Min(r => TensorPrimitives.CosineSimilarity<float>(a.Span.Slice(r * a.Width, a.Width), b.Span.Slice(r * a.Width, a.Width)));

    private static string Table(List<EmbedResult> results, HashSet<string> peers, int rounds, double iconImages, double iconTexts)
    {
        var text = new StringBuilder();
        text.Append("# Image embedding with CLIP ViT-B/32\n\n"
            + "Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- embed`; do not edit.\n\n");
        foreach (string line in (string[])[.. Machine.Describe(), .. peers]) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            Images per second through the vision tower (width 768, 12 layers, 12 heads, patches of 32, 224 x 224 pixels; {SeededClip.FlopsPerImage / 1e9:f1} GFLOP an image), from normalised pixels in memory to features of width 512, float32, with the same random weights for all. Each runs in its own process, in turn, {rounds} rounds of {ImagesPerRound} images (or one batch) after a warm-up; the table has medians. ONNX Runtime runs two graphs: "standard" has ONNX's own operators, "fused" the runtime's fused ones. The ratio compares ours with the better of the two in each round, and is the median over the rounds (above 1: ours is faster). "Difference" is the largest difference of a feature between ours and any peer, relative to the largest feature; "1 - cosine" is the largest such value of a row. Like ONNX Runtime, ours keeps its weights packed. In the last block it computes only the row that pooling uses, 7% fewer operations than in the graphs.

            | Batch | Threads | ours | ONNX Runtime, standard | ONNX Runtime, fused | PyTorch | ours / ONNX Runtime | ours / PyTorch | difference | 1 - cosine |
            |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (var r in results)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {r.Case.Batch} | {r.Case.Threads} | {r.Ours:f1} | {r.Standard:f1} | {r.Fused:f1} | {r.PyTorch:f1} | "
                    + $"{r.OnnxRatio:f2} | {r.PyTorchRatio:f2} | {r.Difference:e1} | {1 - r.Cosine:e1} |\n");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"\nicon-clip (64 x 64 pixels, 17 tokens of width 192), only ours, {Compute.Threads} threads, from 8-bit pixels and raw "
                + $"captions, including preparation and tokenizing: {iconImages:f0} images/s, {iconTexts:f0} texts/s.\n");
        return text.ToString();
    }

    private static void WriteJson(List<EmbedResult> results, double iconImages, double iconTexts)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartObject();
        writer.WriteStartArray("cases");
        foreach (var r in results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("batch", r.Case.Batch);
            writer.WriteNumber("threads", r.Case.Threads);
            writer.WriteNumber("images_per_second", r.Ours);
            writer.WriteNumber("onnxruntime_standard_images_per_second", r.Standard);
            writer.WriteNumber("onnxruntime_fused_images_per_second", r.Fused);
            writer.WriteNumber("pytorch_images_per_second", r.PyTorch);
            writer.WriteNumber("onnxruntime_ratio", r.OnnxRatio);
            writer.WriteNumber("pytorch_ratio", r.PyTorchRatio);
            writer.WriteNumber("gflops", r.Ours * SeededClip.FlopsPerImage / 1e9);
            writer.WriteNumber("difference", r.Difference);
            writer.WriteNumber("cosine", r.Cosine);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("icon_clip_images_per_second", iconImages);
        writer.WriteNumber("icon_clip_texts_per_second", iconTexts);
        writer.WriteString("simd", Compute.Simd);
        writer.WriteEndObject();
    }

    private static int[] Numbers(string text)
    {
        int[] numbers = [.. text.Split(',').Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return numbers.All(n => n > 0) ? numbers : [];
    }

    private static string Line(int batch, string task) => $"{Text(batch)} {task}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
