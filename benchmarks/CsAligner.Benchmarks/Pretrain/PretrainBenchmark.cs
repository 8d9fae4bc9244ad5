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

    private static string Kernels => Compute.Simd == "avx512" ? "SKYLAKEX" : "HASWELL";

    public static int Run(string[] arguments)
    {
        bool json = arguments.Contains("--json");
        int at = Array.IndexOf(arguments, "--rounds");
        int rounds = at >= 0 && at + 1 < arguments.Length && int.TryParse(arguments[at + 1], CultureInfo.InvariantCulture, out int given) && given > 0 ? given : 5;
        if (!File.Exists(Script)) throw new InputException($"benchmarks: {Script} is not here; run from the repository's root.");

        var icons = new SyntheticIcons();
        var recipe = new PretrainRecipe { Name = "icon-clip", Steps = 100_000, BatchSize = Batch, Vision = new TowerRecipe(192, 6, 6), Text = new TowerRecipe(192, 4, 6) };
        var trainer = new ClipPretrainer(recipe, icons, SyntheticIcons.Tokenizer(Vocabulary));
        using var peer = StartPeer();
        string version = peer.StandardOutput.ReadLine() ?? throw new InputException("benchmarks: PyTorch did not start; benchmarks/setup-peers.sh installs it (Debian package python3-torch).");
        Ours(trainer);
        Theirs(peer);
        var (ours, theirs) = (new double[rounds], new double[rounds]);
        for (int round = 0; round < rounds; round++)
        {
            ours[round] = Batch * StepsPerRound / Ours(trainer);
            theirs[round] = Batch * StepsPerRound / Theirs(peer);
            Console.Error.WriteLine($"round {round + 1}: {ours[round]:f0} and {theirs[round]:f0} pairs/s");
        }

        double ratio = Median([.. ours.Zip(theirs, (a, b) => a / b)]);
        string table = Table(trainer, version, rounds, Median(ours), Median(theirs), ratio);
        string path = Path.Combine(Machine.ResultsFolder(), "pretrain.md");
        AtomicFile.WriteAllText(path, table);
        if (json)
        {
            using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
            writer.WriteStartObject();
            writer.WriteNumber("pairs_per_second", Median(ours));
            writer.WriteNumber("pytorch_pairs_per_second", Median(theirs));
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

    private static double Theirs(Process peer)
    {
        peer.StandardInput.WriteLine(StepsPerRound);
        peer.StandardInput.Flush();
        string line = peer.StandardOutput.ReadLine() ?? throw new InputException("benchmarks: PyTorch ended before its time; its message stands above.");
        return double.Parse(line, CultureInfo.InvariantCulture);
    }

    private static Process StartPeer()
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (int argument in new[] { Batch, SyntheticIcons.LongestCaption, Vocabulary, Compute.Threads }) start.ArgumentList.Add(argument.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Insert(0, Script);

        // OpenBLAS takes some young processors for old ones, and PyTorch would lose half its speed to that.
        start.Environment["OPENBLAS_CORETYPE"] = Kernels;
        return Process.Start(start) ?? throw new InputException("benchmarks: /usr/bin/python3 did not start; benchmarks/setup-peers.sh installs what is needed.");
    }

    private static string Table(ClipPretrainer trainer, string version, int rounds, double ours, double theirs, double ratio)
    {
        var text = new StringBuilder();
        text.Append("# Training throughput of icon-clip\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - Ours: {trainer.Model.ParameterCount:N0} parameters, SIMD path {Compute.Simd}, {Compute.Threads} threads
            - Peer: {version}, eager, {Compute.Threads} threads, OPENBLAS_CORETYPE={Kernels}

            Whole training steps of {Batch} pairs (forward, backward, clipping, AdamW), float32, in turn, {rounds} rounds of {StepsPerRound} steps after a warm-up; medians, and the median of the rounds' ratios. Ours also prepares its images and texts in that time and computes texts of like length together; the peer gets tensors that are ready, its texts padded to the longest of the batch ({SyntheticIcons.LongestCaption} tokens).

            | | pairs/s |
            |---|--:|
            | CsAligner | {ours:f0} |
            | PyTorch | {theirs:f0} |
            | ratio | {ratio:f2} |

            """);
        return text.ToString();
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
    }
}
