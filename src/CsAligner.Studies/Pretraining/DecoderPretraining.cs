using CsAligner.Data.Icons;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Training;
using CsAligner.Models;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Pretraining;

/// <summary><c>csalign pretrain</c> of a recipe of kind "decoder": trains a decoder on icons and their embeddings.</summary>
internal static class DecoderPretraining
{
    /// <summary>Trains; ends when the recipe's samples have been shown.</summary>
    /// <param name="session">The run.</param>
    /// <param name="recipePath">The recipe.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="resume">Go on from its checkpoint.</param>
    /// <param name="init">The folder of a decoder to begin a new run with, or null.</param>
    /// <param name="interval">Between checkpoints.</param>
    /// <param name="json">Print the last line of progress.</param>
    public static void Run(IStudySession session, string recipePath, string folder, bool resume, string? init, TimeSpan interval, bool json)
    {
        var recipe = DecoderRecipe.Read(recipePath);
        var initial = init is null ? null : DiffusionDecoder.Load(NamedModel.PathOf(init));
        var embedder = ClipEmbedder.Load(NamedModel.PathOf(NamedModel.Clip));
        if (recipe.ImageSize != embedder.ImageSize)
        {
            throw new InputException(
                $"{recipePath}: image_size is {recipe.ImageSize}; {NamedModel.Clip} embeds pictures of {embedder.ImageSize}, so "
                    + "the decoder "
                + "makes them of that size");
        }

        using var held = OutputLock.OfFolder(folder);
        string model = ModelFingerprint.Of(NamedModel.Clip);
        using var training = ConditionedIcons.Open(session, [IconSplit.Pretraining, IconSplit.Alignment], embedder, model);
        using var validation = ConditionedIcons.Open(session, [IconSplit.Validation], embedder, model);
        var run = new DecoderRun(recipe, training, validation, embedder, folder, resume, initial) { CheckpointInterval = interval };
        session.Say(
            $"{recipe.Name}: {run.Trainer.Decoder.ParameterCount:N0} parameters, {training.Count:N0} pictures "
            + $"({run.Trainer.PerEpoch:N0} an epoch), {recipe.Samples:N0} samples, from sample {run.Trainer.Samples:N0}");

        double loss = double.NaN;
        session.WithProgress("training", recipe.Steps * recipe.BatchSize, progress => run.Train(
            step =>
            {
                // A mean over some hundred steps: single batches jump.
                loss = double.IsNaN(loss) ? step.Loss : (0.99 * loss) + (0.01 * step.Loss);
                progress.Report(step.Samples, $"loss {loss:f4}");
            },
            line => session.Say(
                $"{line.Samples:N0} samples: loss {line.Loss:f4}, Fréchet distance {line.Frechet:f4}, "
                + $"own embedding nearest {line.OwnNearest:p0}"),
            session.Cancellation), "pictures");
        using var tests = IconTestSets.Open(session, recipe.ImageSize);
        DecoderCard.Write(folder, run, training, tests, embedder, session.Cancellation);
        session.Say($"the decoder is in {folder}, its card in README.md there");
        if (json && run.Progress.Count > 0)
        {
            session.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("model", folder);
                writer.WriteNumber("samples", run.Trainer.Samples);
                writer.WriteNumber("loss", run.Progress[^1].Loss);
                writer.WriteNumber("frechet", run.Progress[^1].Frechet);
                writer.WriteEndObject();
            });
        }
    }
}
