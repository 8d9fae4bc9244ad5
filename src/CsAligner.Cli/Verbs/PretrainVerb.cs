using System.CommandLine;
using CsAligner.Cli.Demo;
using CsAligner.Cli.Pretraining;
using CsAligner.Cli.Usage;
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
        var recipe = CommonOptions.Path("RECIPE", PathRole.Recipe, "A JSON file, such as recipes/icon-clip.json.");
        var output = CommonOptions.RequiredPath("--out", PathRole.OutputFolder, "The folder of the run and, in the end, of the model.");
        var resume = new Option<bool>("--resume") { Description = "Go on from the folder's checkpoint." };
        var init = CommonOptions.OptionalPath(
            "--init", PathRole.Decoder, "Begin a decoder with the weights of this folder, where a checkpoint was lost.");
        var interval = CommonOptions.Number(
            "--checkpoint-interval",
            "Seconds between checkpoints: the most work that a lost process loses.",
            fallback: 180, least: 0, most: 86_400);
        var json = CommonOptions.Json();
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
            else Run(session, path, folder, parsed.GetValue(resume), between, parsed.GetValue(json));
        },
        parsed =>
        {
            string path = parsed.GetRequiredValue(recipe);
            if (parsed.IsGiven(init) && File.Exists(path) && RecipeKind.Of(path) != DecoderRecipe.KindName)
                throw new UsageException("--init is for the recipe of a decoder: leave it out");
        });
        return command;
    }

    private static void Run(Session session, string recipePath, string folder, bool resume, TimeSpan interval, bool json)
    {
        var recipe = PretrainRecipe.Read(recipePath);
        using var held = OutputLock.OfFolder(folder);
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
