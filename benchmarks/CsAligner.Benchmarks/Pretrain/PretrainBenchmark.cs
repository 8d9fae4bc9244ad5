using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Benchmarks.Pretrain;

/// <summary>Training throughput of icon-clip's configuration, ours against PyTorch eager, in turn in one run.</summary>
internal static class PretrainBenchmark
{
    private const int Batch = 256;
    private const int Vocabulary = 4096;
    private const int StepsPerRound = 3;
    private const string Script = "benchmarks/CsAligner.Benchmarks/Pretrain/pretrain_pytorch.py";

    public static int Run(string[] arguments)
    {
        bool json = arguments.Contains("--json");
        int at = Array.IndexOf(arguments, "--rounds");
        int rounds = at >= 0 && at + 1 < arguments.Length && int.TryParse(arguments[at + 1], CultureInfo.InvariantCulture, out int given)
            && given > 0 ? given : 5;
        var icons = new SyntheticIcons();
        var recipe = new PretrainRecipe
        {
            Name = "icon-clip",
            Steps = 100_000,
            BatchSize = Batch,
            Vision = new TowerRecipe(192, 6, 6),
            Text = new TowerRecipe(192, 4, 6)
        };
        var trainer = new ClipPretrainer(recipe, icons, SyntheticIcons.Tokenizer(Vocabulary));
        int[] peerArguments = [Batch, SyntheticIcons.LongestCaption, Vocabulary, Compute.Threads];
        using var peer = new PythonPeer(Script, "python3-torch", [.. peerArguments.Select(a => a.ToString(CultureInfo.InvariantCulture))]);
        string version = peer.About, steps = StepsPerRound.ToString(CultureInfo.InvariantCulture);
        Ours(trainer);
        peer.Ask(steps);
        var (ours, theirs) = (new double[rounds], new double[rounds]);
        for (int round = 0; round < rounds; round++)
        {
            ours[round] = Batch * StepsPerRound / Ours(trainer);
            theirs[round] = Batch * StepsPerRound / peer.Ask(steps)[0];
            Console.Error.WriteLine($"round {round + 1}: {ours[round]:f0} and {theirs[round]:f0} pairs/s");
        }

        double ratio = Rounds.Ratio(ours, theirs);
        string table = Table(trainer, version, rounds, Rounds.Median(ours), Rounds.Median(theirs), ratio);
        string path = Path.Combine(Machine.ResultsFolder(), "pretrain.md");
        AtomicFile.WriteAllText(path, table);
        if (json)
        {
            using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
            writer.WriteStartObject();
            writer.WriteNumber("pairs_per_second", Rounds.Median(ours));
            writer.WriteNumber("pytorch_pairs_per_second", Rounds.Median(theirs));
            writer.WriteNumber("ratio", ratio);
            writer.WriteEndObject();
        }
        else
        {
            Console.Write(table);
        }

        return 0;
    }

    private static double Ours(ClipPretrainer trainer)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < StepsPerRound; i++) trainer.Advance();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Table(ClipPretrainer trainer, string version, int rounds, double ours, double theirs, double ratio)
    {
        var text = new StringBuilder();
        text.Append("# Training throughput of icon-clip\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - Ours: {trainer.Model.ParameterCount:N0} parameters, SIMD path {Compute.Simd}, {Compute.Threads} threads
            - Peer: {version}, eager, {Compute.Threads} threads, OPENBLAS_CORETYPE={PythonPeer.Kernels}

            Whole training steps of {Batch} pairs (forward, backward, clipping, AdamW), float32. Both programs run in turn, {rounds} rounds of {StepsPerRound} steps after a warm-up; the table has medians, and the median of the rounds' ratios. Our time includes preparing images and texts; ours packs texts of different lengths without padding. The peer gets finished tensors, with texts padded to the longest of the batch ({SyntheticIcons.LongestCaption} tokens).

            | | pairs/s |
            |---|--:|
            | CsAligner | {ours:f0} |
            | PyTorch | {theirs:f0} |
            | ratio | {ratio:f2} |

            """);
        return text.ToString();
    }
}
