using System.CommandLine;
using System.Globalization;
using CsAligner.Cli.Terminals;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// <c>csalign align</c>: trains adapters on the features of two frozen encoders. Writes image-adapter.safetensors,
/// text-adapter.safetensors, run.json and, while it runs, checkpoint.safetensors.
/// </summary>
internal static class AlignVerb
{
    public static Command Create(CommandRunner runner)
    {
        Option<string> images = CommonOptions.RequiredPath("--images", "Image rows: a .npy file or a feature-set folder.");
        Option<string> texts = CommonOptions.RequiredPath("--texts", "Text rows: a .npy file or a feature-set folder.");
        Option<string> output = CommonOptions.RequiredPath("--out", "The folder to write to.");
        Option<string?> pairs = CommonOptions.OptionalPath("--pairs", "An int64 .npy file: for each text row the row of its image. Left out: row i to row i.");
        Option<string?> unpairedImages = CommonOptions.OptionalPath("--unpaired-images", "Image rows without texts; they take part in D_CS.");
        Option<string?> unpairedTexts = CommonOptions.OptionalPath("--unpaired-texts", "Text rows without images; they take part in D_CS.");
        Option<bool> resume = new("--resume") { Description = "Go on from the checkpoint in --out, if there is one." };
        Option<bool> json = CommonOptions.Json();
        var training = new AlignOptions();
        var command = new Command("align", "Train adapters that align images and texts.") { images, texts, output, pairs, unpairedImages, unpairedTexts };
        training.AddTo(command);
        command.Add(resume);
        command.Add(json);
        runner.SetAction(command, (parsed, session) =>
        {
            var inputs = new AlignInputs(
                parsed.GetRequiredValue(images), parsed.GetRequiredValue(texts), parsed.GetValue(pairs), parsed.GetValue(unpairedImages), parsed.GetValue(unpairedTexts));
            AlignmentOptions options = training.Read(parsed);
            AlignmentData data = Read(inputs);
            string folder = parsed.GetRequiredValue(output);
            AtomicFile.CreateFolder(folder);
            AtomicFile.CleanFolder(folder);
            AlignmentResult result = Train(options, data, Path.Combine(folder, AlignmentReport.CheckpointFile), parsed.GetValue(resume), session);
            if (result.ValidationPairs == 0 && options.ValidationFraction > 0)
                session.Terminal.Say($"no pairs were held out: {options.ValidationFraction:g3} of them are too few to choose an epoch by, so the last one is kept");
            AlignmentReport.Write(folder, options, result, inputs.ByRole);
            if (parsed.GetValue(json))
                session.PrintJson(writer => AlignmentReport.WriteJson(writer, options, result, inputs.ByRole));
            else
                session.Terminal.Tables.Write(AlignTable.Create(result));
            session.Terminal.Say($"{AlignmentReport.ImageAdapterFile}, {AlignmentReport.TextAdapterFile} and {AlignmentReport.RunFile} written to {folder}");
        });
        return command;
    }

    private static AlignmentData Read(AlignInputs inputs)
    {
        (Tensor images, Tensor texts) = FeatureInputs.ReadBoth(inputs.Images, inputs.Texts, raw: false);
        Tensor? unpairedImages = ReadUnpaired(inputs.UnpairedImages, Modality.Image, inputs.Images, images);
        Tensor? unpairedTexts = ReadUnpaired(inputs.UnpairedTexts, Modality.Text, inputs.Texts, texts);
        return new AlignmentData(images, texts, EvaluateVerb.ReadPairs(inputs.Pairs, images, texts))
        {
            UnpairedImages = unpairedImages,
            UnpairedTexts = unpairedTexts,
        };
    }

    private static Tensor? ReadUnpaired(string? path, Modality modality, string pairedPath, Tensor paired)
    {
        if (path is null)
            return null;
        Tensor rows = FeatureFile.ReadRows(path, modality);
        FeatureInputs.RequireSameWidth(pairedPath, paired, path, rows);
        return rows;
    }

    private static AlignmentResult Train(AlignmentOptions options, AlignmentData data, string checkpoint, bool resume, Session session)
    {
        if (resume && !File.Exists(checkpoint))
            session.Terminal.Say("there is no checkpoint to resume from: starting afresh");
        var trainer = new AlignmentTrainer(options, data);
        AlignmentResult? result = null;
        try
        {
            session.Terminal.WithProgress(
                "epoch",
                options.Objective == AlignmentObjective.MeanShift ? 0 : options.Epochs,
                progress => result = trainer.Run(checkpoint, resume, epoch => progress.Report(epoch.Epoch, Describe(epoch)), session.Cancellation),
                "epochs");
        }
        catch (OperationCanceledException stopped)
        {
            throw new StoppedException("stopped; the same command with --resume goes on from the last checkpoint", stopped);
        }

        return result!;
    }

    private static string Describe(AlignmentEpoch epoch)
    {
        var parts = new List<string>();
        void Add(string name, float value)
        {
            if (float.IsFinite(value))
                parts.Add($"{name} {value.ToString("G4", CultureInfo.InvariantCulture)}");
        }

        Add("loss", epoch.Loss);
        Add("D_CS", epoch.CauchySchwarz);
        Add("InfoNCE", epoch.InfoNce);
        Add("sigma", epoch.Bandwidth);
        if (float.IsFinite(epoch.ValidationCsDivergence))
        {
            Add("held out: D_CS", epoch.ValidationCsDivergence);
            Add("R@1", (epoch.ValidationImageToText + epoch.ValidationTextToImage) / 2);
        }

        return string.Join("  ", parts);
    }
}
