using System.CommandLine;
using CsAligner.Cli.Demo;
using CsAligner.Cli.Pretraining;
using CsAligner.Data.Icons;
using CsAligner.Generation.Training;
using CsAligner.Models;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign pretrain RECIPE.json</c>: train a CLIP on icons and their names, or a decoder on icons.</summary>
internal static class PretrainVerb
{
    public static Command Create(CommandRunner runner)
    {
        var recipe = new Argument<string>("RECIPE") { Description = "a JSON file, such as recipes/icon-clip.json" };
        var output = new Option<string>("--out") { Description = "the folder of the run and, in the end, of the model", Required = true };
        var resume = new Option<bool>("--resume") { Description = "go on from the folder's checkpoint" };
        var init = new Option<string?>("--init")
        {
            Description = "Begin a decoder with the weights of this folder, where a checkpoint was lost.",
            HelpName = "DIR"
        };
        var interval = CommonOptions.Number(
            "--checkpoint-interval",
            "Seconds between checkpoints: the most work that a lost process loses.",
            fallback: 180, least: 0, most: 86_400);
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        var command = new Command("pretrain", "Train a CLIP on icons and their names, or a decoder on icons; resumable at any time.")
        {
            recipe, output, resume, init, interval, json
        };
        runner.SetAction(command, (parsed, session) =>
        {
            string path = parsed.GetRequiredValue(recipe), folder = parsed.GetRequiredValue(output);
            var between = TimeSpan.FromSeconds(parsed.GetValue(interval));
            if (RecipeKind.Of(path) == DecoderRecipe.KindName)
                DecoderPretraining.Run(
                    session, path, folder, parsed.GetValue(resume), parsed.GetValue(init), between, parsed.GetValue(json));
            else if (parsed.GetValue(init) is not null) throw new UsageException("--init is for the recipe of a decoder: leave it out");
            else Run(session, path, folder, parsed.GetValue(resume), between, parsed.GetValue(json));
        });
        return command;
    }

    private static void Run(Session session, string recipePath, string folder, bool resume, TimeSpan interval, bool json)
    {
        var recipe = PretrainRecipe.Read(recipePath);
        using var icons = IconLoading.Open(session, IconSplit.Pretraining, recipe.ImageSize);
        var run = new PretrainRun(recipe, icons, folder, resume) { CheckpointInterval = interval };
        session.Terminal.Say(
            $"{recipe.Name}: {run.Trainer.Model.ParameterCount:N0} parameters, {icons.Count:N0} icons, "
            + $"{recipe.Steps:N0} steps of {recipe.BatchSize}, from step {run.Trainer.Step:N0}");

        long start = session.Terminal.Time.GetTimestamp();
        int first = run.Trainer.Step;
        double loss = double.NaN;
        session.Terminal.WithProgress("training", recipe.Steps, progress => run.Train(
            step =>
            {
                // A mean over some fifty steps: single batches jump.
                loss = double.IsNaN(loss) ? step.Loss : (0.98 * loss) + (0.02 * step.Loss);
                double rate = (step.Step - first) * recipe.BatchSize / session.Terminal.Time.GetElapsedTime(start).TotalSeconds;
                progress.Report(step.Step, $"loss {loss:f3}  scale {step.LogitScale:f1}  {rate:f0} pairs/s");
            },
            session.Cancellation));

        // The published weights are what is measured: read back, in float16.
        var embedder = ClipEmbedder.Load(folder);
        using var tests = TestIcons.Open(session, recipe.ImageSize);
        AtomicFile.WriteAllText(
            Path.Combine(folder, "README.md"),
            ModelCard.Write(recipe, run.Trainer.Model.ParameterCount, icons, tests, embedder, session.Cancellation));
        session.Terminal.Say($"the model is in {folder}, its card in README.md there");
        if (json)
        {
            session.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("model", folder);
                writer.WriteNumber("steps", recipe.Steps);
                writer.WriteNumber("pairs", (long)recipe.Steps * recipe.BatchSize);
                writer.WriteNumber("loss", loss);
                writer.WriteEndObject();
            });
        }
    }
}
