using CsAligner.Data.Icons;
using CsAligner.Models;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Studies.Pretraining;

/// <summary><c>csalign pretrain</c> of a recipe without a kind: trains a CLIP on icons and their names.</summary>
internal static class ClipPretraining
{
    /// <summary>Trains; ends with the recipe's last step.</summary>
    /// <param name="session">The run.</param>
    /// <param name="recipePath">The recipe.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="resume">Go on from its checkpoint.</param>
    /// <param name="interval">Between checkpoints.</param>
    /// <param name="json">Print what came out.</param>
    public static void Run(IStudySession session, string recipePath, string folder, bool resume, TimeSpan interval, bool json)
    {
        var recipe = PretrainRecipe.Read(recipePath);
        bool writes = session.Ranks is not { Rank: > 0 };
        using var held = writes ? OutputLock.OfFolder(folder) : null;
        using var icons = IconDatasetLoader.Open(session, IconSplit.Pretraining, recipe.ImageSize);
        var run = new PretrainRun(recipe, icons, folder, resume, session.Ranks) { CheckpointInterval = interval };
        session.Say(
            $"{recipe.Name}: {run.Trainer.Model.ParameterCount:N0} parameters, {icons.Count:N0} icons, "
            + $"{recipe.Steps:N0} steps of {recipe.BatchSize}, from step {run.Trainer.Step:N0}");

        long start = session.Time.GetTimestamp();
        int first = run.Trainer.Step;
        double loss = double.NaN;
        session.WithProgress("training", recipe.Steps, progress => run.Train(
            step =>
            {
                // A mean over some fifty steps: single batches jump.
                loss = double.IsNaN(loss) ? step.Loss : (0.98 * loss) + (0.02 * step.Loss);
                double rate = (step.Step - first) * recipe.BatchSize / session.Time.GetElapsedTime(start).TotalSeconds;
                progress.Report(step.Step, $"loss {loss:f3}  scale {step.LogitScale:f1}  {rate:f0} pairs/s");
            },
            session.Cancellation));

        if (!writes) return;

        // Measure the published weights: read back, in float16.
        var embedder = ClipEmbedder.Load(folder);
        using var tests = IconTestSets.Open(session, recipe.ImageSize);
        AtomicFile.WriteAllText(
            Path.Combine(folder, "README.md"),
            WrittenBy.Sign(ModelCard.Write(recipe, run.Trainer.Model.ParameterCount, icons, tests, embedder, session.Cancellation)));
        session.Say($"the model is in {folder}, its card in README.md there");
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
