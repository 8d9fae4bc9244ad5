using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Benchmarks.Pretrain;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Benchmarks.Profile;

/// <summary>Where the time of a training step goes: one of alignment, one of pretraining.</summary>
internal static class ProfileBenchmark
{
    private const int DefaultSteps = 12, WarmUp = 4, Width = 512, AlignmentBatch = 2048, PretrainingBatch = 256;

    public static int Run(string[] arguments)
    {
        bool json = arguments.Contains("--json");
        int at = Array.IndexOf(arguments, "--steps");
        int steps = at >= 0 && at + 1 < arguments.Length && int.TryParse(arguments[at + 1], CultureInfo.InvariantCulture, out int given)
            && given > 0 ? given : DefaultSteps;
        StepProfile alignment = Alignment(steps), pretraining = Pretraining(steps);
        string table = Table(alignment, pretraining, steps);
        if (steps >= DefaultSteps) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "profile.md"), table);
        if (json) WriteJson(("alignment", alignment), ("pretraining", pretraining), steps);
        else Console.Write(table);
        return 0;
    }

    private static StepProfile Alignment(int steps)
    {
        var random = new RandomGenerator(1);
        int rows = AlignmentBatch * (WarmUp + steps);
        var data = new AlignmentData(Tensor.Normal(random, 1 / MathF.Sqrt(Width), rows, Width),
            Tensor.Normal(random, 1 / MathF.Sqrt(Width), rows, Width));
        var options =
            new AlignmentOptions
            {
                Adapter = new AdapterOptions { Kind = "mlp" },
                Epochs = 1,
                BatchSize = AlignmentBatch,
                ValidationFraction = 0
            };
        var profile = new StepProfile();
        var trainer = new AlignmentTrainer(options, data)
        {
            StepDone = step =>
            {
                if (step == WarmUp) profile.Start();
                if (step == WarmUp + steps) profile.Stop();
            },
        };
        trainer.Run();
        return profile;
    }

    private static StepProfile Pretraining(int steps)
    {
        var recipe = new PretrainRecipe
        {
            Name = "icon-clip",
            Steps = 100_000,
            BatchSize = PretrainingBatch,
            Vision = new TowerRecipe(192, 6, 6),
            Text = new TowerRecipe(192, 4, 6)
        };
        var trainer = new ClipPretrainer(recipe, new SyntheticIcons(), SyntheticIcons.Tokenizer(recipe.VocabularySize));
        for (int i = 0; i < WarmUp; i++) trainer.Advance();
        var profile = new StepProfile();
        profile.Start();
        for (int i = 0; i < steps; i++) trainer.Advance();
        profile.Stop();
        return profile;
    }

    private static string Table(StepProfile alignment, StepProfile pretraining, int steps)
    {
        var text = new StringBuilder();
        text.Append("# Where the time of a training step goes\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"- SIMD path {Compute.Simd}, {Compute.Threads} threads\n\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            Means of {steps} steps after {WarmUp}. Alignment: {AlignmentBatch:N0} pairs of {Width} dimensions, MLP adapters on both sides, D_CS and InfoNCE. Pretraining: {PretrainingBatch} pairs of icon-clip's configuration, noise for images. The time of a kernel is that of its parallel loops; "{StepProfile.Rest}" is everything else: pool, tape, the optimizer's norm, tokens, reading rows and images, and loops too short to divide.

            | | alignment ms | % | pretraining ms | % |
            |---|--:|--:|--:|--:|

            """);
        foreach (string part in StepProfile.Rows)
            text.Append(CultureInfo.InvariantCulture, $"| {part} |{Cells(alignment, part)}{Cells(pretraining, part)}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"| step | {1000 * alignment.Seconds / steps:f1} | 100.0 | {1000 * pretraining.Seconds / steps:f1} | 100.0 |\n");
        return text.ToString();

        string Cells(StepProfile profile, string part) =>
            string.Create(CultureInfo.InvariantCulture,
                $" {1000 * profile.Seconds * profile.Share(part) / steps:f1} | {100 * profile.Share(part):f1} |");
    }

    private static void WriteJson((string Name, StepProfile Profile) first, (string Name, StepProfile Profile) second, int steps)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartObject();
        foreach (var (name, profile) in new[] { first, second })
        {
            writer.WriteStartObject(name);
            writer.WriteNumber("seconds", profile.Seconds / steps);
            foreach (string part in StepProfile.Rows)
                writer.WriteNumber(part.Replace(",", "", StringComparison.Ordinal).Replace(' ', '_'), profile.Share(part));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
