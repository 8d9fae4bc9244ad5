using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Generation;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Training;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Decoder;

/// <summary>Training and sampling of icon-decoder's configuration, ours against PyTorch eager, in turn in one run.</summary>
internal static class DecoderBenchmark
{
    private const int ConditionSize = 192, StepsPerRound = 10, Steps = 25;
    private const double Guidance = 2.5;
    private const string Script = "benchmarks/CsAligner.Benchmarks/Decoder/decoder_pytorch.py", Recipe = "recipes/icon-decoder.json";

    // Pictures made at once, and how often: large batches take seconds.
    private static readonly (int Batch, int Times)[] Generated = [(1, 2), (32, 1)];

    public static int Run(string[] arguments)
    {
        bool json = arguments.Contains("--json");
        int at = Array.IndexOf(arguments, "--rounds");
        int rounds = at >= 0 && at + 1 < arguments.Length
            && int.TryParse(arguments[at + 1], CultureInfo.InvariantCulture, out int given) && given > 0 ? given : 5;
        var recipe = DecoderRecipe.Read(Recipe) with { EmaDecays = [0.9995] };
        var trainer = new DecoderTrainer(recipe, new SyntheticPictures(recipe.ImageSize, ConditionSize));
        int[] sizes =
        [
            recipe.ImageSize, recipe.PatchSize, recipe.Width, recipe.Layers, recipe.Heads, ConditionSize, recipe.BatchSize, Compute.Threads
        ];
        using var peer = new PythonPeer(Script, "python3-torch", [.. sizes.Select(a => a.ToString(CultureInfo.InvariantCulture))]);
        (string Name, Func<double> Ours, Func<double> Theirs)[] cases =
        [
            (
                $"training, batches of {recipe.BatchSize}",
                () => recipe.BatchSize * StepsPerRound / Train(trainer),
                () => recipe.BatchSize * StepsPerRound / peer.Ask($"train {StepsPerRound}")[0]),
            .. Generated.Select(g => (
                $"making pictures, {g.Batch} at once",
                (Func<double>)(() => g.Batch * g.Times / Make(trainer.Averaged(), g.Batch, g.Times)),
                (Func<double>)(() => g.Batch * g.Times / peer.Ask($"generate {g.Batch} {g.Times}")[0]))),
        ];
        var results = new List<(string Name, double Ours, double Theirs, double Ratio)>();
        foreach (var (name, ours, theirs) in cases)
        {
            ours();
            theirs();
            var (mine, peers) = (new double[rounds], new double[rounds]);
            for (int round = 0; round < rounds; round++)
            {
                (mine[round], peers[round]) = (ours(), theirs());
                Console.Error.WriteLine($"{name}, round {round + 1}: {mine[round]:g4} and {peers[round]:g4} pictures/s");
            }

            results.Add((name, Rounds.Median(mine), Rounds.Median(peers), Rounds.Ratio(mine, peers)));
        }

        string table = Table(trainer, peer.About, rounds, results);
        AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "decoder.md"), table);
        if (json) PrintJson(results);
        else Console.Write(table);
        return 0;
    }

    private static double Train(DecoderTrainer trainer)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < StepsPerRound; i++) trainer.Advance();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Make(DiffusionDecoder decoder, int batch, int times)
    {
        var embeddings = Tensor.Normal(new RandomGenerator(3), 1, batch, ConditionSize);
        var generator = new PictureGenerator(decoder, new GenerationOptions { Steps = Steps, Guidance = Guidance });
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++) generator.Run(embeddings, (_, _) => { });
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Table(
        DecoderTrainer trainer, string version, int rounds, IReadOnlyList<(string Name, double Ours, double Theirs, double Ratio)> results)
    {
        var text = new StringBuilder();
        text.Append("# Training icon-decoder, and generating pictures with it\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - Ours: {trainer.Decoder.ParameterCount:N0} parameters, SIMD path {Compute.Simd}, {Compute.Threads} threads
            - Peer: {version}, eager, {Compute.Threads} threads, OPENBLAS_CORETYPE={PythonPeer.Kernels}, OMP_WAIT_POLICY={PythonPeer.WaitPolicy}

            The configuration of {Recipe}, float32. Both programs run in turn, {rounds} rounds after a warm-up; the table has medians, and the median of the rounds' ratios. Training means whole steps (batch from memory, noise, forward, backward, clipping, AdamW, one average of the weights), {StepsPerRound} in a round. Pictures take {Steps} Euler steps with guidance; ours computes them in batches of {new PictureGenerator(trainer.Decoder, new GenerationOptions { Guidance = Guidance }).BatchSize}, the peer all at once. Neither time includes loading the model or writing files.

            | | CsAligner, pictures/s | PyTorch, pictures/s | ratio |
            |---|--:|--:|--:|

            """);
        foreach (var (name, ours, theirs, ratio) in results)
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {ours:g3} | {theirs:g3} | {ratio:f2} |\n");
        return text.ToString();
    }

    private static void PrintJson(IReadOnlyList<(string Name, double Ours, double Theirs, double Ratio)> results)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartArray();
        foreach (var (name, ours, theirs, ratio) in results)
        {
            writer.WriteStartObject();
            writer.WriteString("case", name);
            writer.WriteNumber("pictures_per_second", ours);
            writer.WriteNumber("pytorch_pictures_per_second", theirs);
            writer.WriteNumber("ratio", ratio);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
