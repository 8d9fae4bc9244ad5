using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Benchmarks.Pretrain;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Benchmarks.GradCache;

/// <summary>Time and memory of one training step on a batch far beyond what memory would hold at once: gradient caching.</summary>
internal static class GradCacheBenchmark
{
    public const string ChildVerb = "gradcache-child";

    private const int DefaultBatch = 65_536, DefaultChunk = 512, Width = 512, Vocabulary = 4096;

    // What is trained, and how the child is told.
    private static readonly (string Kind, string Name)[] Steps =
    [
        ("align", $"alignment: MLP adapters on both sides, {Width} dimensions, D_CS and InfoNCE, learned temperature"),
        ("pretrain", "pretraining of icon-clip, InfoNCE, learned temperature"),
    ];

    public static int Run(string[] arguments)
    {
        bool json = false;
        int batch = DefaultBatch, chunk = DefaultChunk;
        for (int i = 0; i < arguments.Length; i++)
        {
            int value = i + 1 < arguments.Length && int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out int number)
                ? number
                : 0;
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    continue;
                case "--batch" when value > 1:
                    batch = value;
                    break;
                case "--chunk" when value > 0:
                    chunk = value;
                    break;
                default:
                    Console.Error.WriteLine($"gradcache: expected [--json] [--batch N] [--chunk N], got '{arguments[i]}'");
                    return 2;
            }

            i++;
        }

        var results = new List<(string Kind, string Name, double Seconds, double PeakBytes)>();
        foreach (var (kind, name) in Steps)
        {
            using var child =
                new SelfPeer(ChildVerb, kind, batch.ToString(CultureInfo.InvariantCulture), chunk.ToString(CultureInfo.InvariantCulture));
            double[] answer = child.Ask("step");
            results.Add((kind, name, answer[0], answer[1]));
            Console.Error.WriteLine($"{kind}: {answer[0]:f1} s, {answer[1] / (1 << 20):f0} MiB");
        }

        string table = Table(results, batch, chunk);
        if ((batch, chunk) == (DefaultBatch, DefaultChunk))
            AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "gradcache.md"), table);
        if (!json)
        {
            Console.Write(table);
            return 0;
        }

        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartObject();
        writer.WriteNumber("batch", batch);
        writer.WriteNumber("chunk", chunk);
        foreach (var (kind, _, seconds, peak) in results)
        {
            writer.WriteStartObject(kind);
            writer.WriteNumber("seconds", seconds);
            writer.WriteNumber("peak_bytes", peak);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        return 0;
    }

    /// <summary>In a process of its own, for the sake of its peak: prepares a step,
    /// and answers with its seconds and the peak in bytes.</summary>
    public static int RunChild(string[] arguments)
    {
        int batch = int.Parse(arguments[1], CultureInfo.InvariantCulture), chunk = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        Action step = arguments[0] == "align" ? Alignment(batch, chunk) : Pretraining(batch, chunk);
        Console.WriteLine(arguments[0]);
        Console.ReadLine();
        long start = Stopwatch.GetTimestamp();
        step();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {RunEnvironment.PeakBytes}"));
        return 0;
    }

    private static Action Alignment(int batch, int chunk)
    {
        var random = new RandomGenerator(1);
        var data = new AlignmentData(UnitRows(batch, random), UnitRows(batch, random));
        var options = new AlignmentOptions
        {
            Adapter = new AdapterOptions { Kind = "mlp" },
            LearnTemperature = true,
            Epochs = 1,
            BatchSize = batch,
            ChunkSize = chunk,
            ValidationFraction = 0,
        };
        var trainer = new AlignmentTrainer(options, data);
        return () => trainer.Run();
    }

    private static Action Pretraining(int batch, int chunk)
    {
        var recipe = new PretrainRecipe
        {
            Name = "icon-clip",
            Steps = 1,
            WarmupSteps = 0,
            BatchSize = batch,
            ChunkSize = chunk,
            Vision = new TowerRecipe(192, 6, 6),
            Text = new TowerRecipe(192, 4, 6),
        };
        var trainer = new ClipPretrainer(recipe, new SyntheticIcons(batch), SyntheticIcons.Tokenizer(Vocabulary));
        return () => trainer.Advance();
    }

    private static Tensor UnitRows(int rows, RandomGenerator random)
    {
        var tensor = Tensor.Normal(random, 1, rows, Width);
        for (int r = 0; r < rows; r++)
        {
            var row = tensor.Span.Slice(r * Width, Width);
            double squared = 0;
            foreach (float value in row) squared += value * value;
            foreach (ref float value in row) value /= (float)Math.Sqrt(squared);
        }

        return tensor;
    }

    private static string Table(List<(string Kind, string Name, double Seconds, double PeakBytes)> results, int batch, int chunk)
    {
        var text = new StringBuilder();
        text.Append("# One step on a batch beyond memory\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"- SIMD path {Compute.Simd}, {Compute.Threads} threads\n\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            One training step of {batch:N0} pairs in chunks of {chunk:N0} (gradient caching): encoded forward twice, the objective once over all {batch:N0}, exactly. Random data; each in a process of its own. The peak is all that the process ever held (VmHWM), its data and the runtime included.

            | step | seconds | pairs/s | peak MiB |
            |---|--:|--:|--:|

            """);
        foreach (var (_, name, seconds, peak) in results)
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {seconds:f1} | {batch / seconds:f0} | {peak / (1 << 20):f0} |\n");
        return text.ToString();
    }
}
