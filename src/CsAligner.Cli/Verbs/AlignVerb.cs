using System.CommandLine;
using System.Globalization;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Data.FeatureSets;
using CsAligner.Models.Lora;
using CsAligner.Ranks;
using CsAligner.Studies.Features;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
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
        Option<string?> images = CommonOptions.OptionalPath("--images", PathRole.Rows, "Image rows: a .npy file or a feature-set folder");
        Option<string?> texts = CommonOptions.OptionalPath("--texts", PathRole.Rows, "Text rows: a .npy file or a feature-set folder");
        Option<string> output = CommonOptions.RequiredPath("--out", PathRole.OutputFolder, "The folder to write to");
        Option<string?> pairs = CommonOptions.Pairs();
        Option<string?> unpairedImages =
            CommonOptions.OptionalPath("--unpaired-images", PathRole.Rows, "Image rows without texts; they count in D_CS only");
        Option<string?> unpairedTexts =
            CommonOptions.OptionalPath("--unpaired-texts", PathRole.Rows, "Text rows without images; they count in D_CS only");
        Option<string?> imageTokens =
            CommonOptions.OptionalPath("--image-tokens", PathRole.FeatureSetFolder,
                "A feature-set folder with image tokens, written by embed --tokens");
        Option<string?> textTokens =
            CommonOptions.OptionalPath("--text-tokens", PathRole.FeatureSetFolder, "A feature-set folder with text tokens, written by "
                + "embed --tokens");
        Option<string?> model =
            CommonOptions.OptionalPath("--model", PathRole.Model,
                "The CLIP to train with --lora, instead of features: its folder, or icon-clip");
        Option<string?> data =
            CommonOptions.OptionalPath("--data", PathRole.DataSet,
                CaptionedData.Description);
        Option<LoraOptions[]> lora = CommonOptions.Lora();
        Option<bool> merge =
            new("--merge") { Description = "With --lora, also write the model with LoRA merged into its weights, to model in --out" };
        Option<bool> resume = new("--resume") { Description = "Continue from the checkpoint in --out, if there is one" };
        Option<string> exchange = CommonOptions.Choice(
            "--exchange", "Under mpirun, gather all features of a step, or let them pass by in windows",
            "gather", "gather", "ring");
        Option<bool> json = CommonOptions.Json();
        var training = new AlignOptions();
        var command = new Command("align", "Train adapters or LoRA that align images and texts")
        {
            images, texts, output, pairs, unpairedImages, unpairedTexts, imageTokens, textTokens, model, data, lora, merge,
        };
        training.AddTo(command);
        command.Add(exchange);
        command.Add(resume);
        command.Add(json);
        AlignInputs Inputs(ParseResult parsed) => new(
            parsed.GetValue(images),
            parsed.GetValue(texts),
            parsed.GetValue(pairs),
            parsed.GetValue(unpairedImages),
            parsed.GetValue(unpairedTexts),
            parsed.GetValue(imageTokens),
            parsed.GetValue(textTokens),
            parsed.GetValue(model),
            parsed.GetValue(data),
            parsed.GetValue(lora) ?? []);
        runner.SetAction(command, (parsed, session) =>
        {
            AlignInputs inputs = Inputs(parsed);
            string folder = parsed.GetRequiredValue(output);
            foreach (string note in training.Unused(parsed)) session.Terminal.Say(note);
            using var held = session.Writes ? OutputLock.OfFolder(folder) : null;
            using LoraData? encoders = inputs.Model is null ? null : LoraData.Open(session, inputs, training.Read(parsed).Seed);
            using TokenSet? imageTokenSet = OpenTokens(inputs.ImageTokens, Modality.Image),
                textTokenSet = OpenTokens(inputs.TextTokens, Modality.Text);
            // Choices are made on folds of all rows.
            ICommunicator? sharing = training.HasChoices(parsed) ? null : session.Ranks;
            AlignmentData aligned = encoders?.Data ?? (sharing is { Size: > 1 } ? SharedInputs.Read(inputs, sharing) : Read(inputs)) with
            {
                ImageTokens = imageTokenSet,
                TextTokens = textTokenSet,
            };
            if (session.Writes) AtomicFile.CleanFolder(folder);
            AlignmentOptions options = training.Read(parsed, AlignmentOptions.For(aligned));
            AutomaticChoiceResult? choice = training.Choose(parsed, options, aligned, session);
            options = choice?.Options ?? options;
            AlignmentResult result =
                Train(options, aligned, Path.Combine(folder, AlignmentReport.CheckpointFile), parsed.GetValue(resume),
                    parsed.GetValue(exchange) == "ring" ? RowExchange.Ring : RowExchange.Gather, session);
            if (!session.Writes) return;
            if (result.ValidationPairs == 0 && result.HeldOutImages == 0 && options.ValidationFraction > 0 && options.Objective.Trains)
            {
                session.Terminal.Say(result.TrainingPairs > 0
                    ? $"no pairs were held out: {options.ValidationFraction:g3} of the pairs are too few to choose an epoch, so the last "
                        + "one is kept"
                    : $"nothing was trained: {options.ValidationFraction:g3} of the rows are too few to tell when to stop, so the "
                        + "adapters stay at their start");
            }

            AlignmentReport.Write(folder, options, result, inputs.ByRole, choice);
            encoders?.Write(folder, parsed.GetValue(merge));
            if (parsed.GetValue(json))
                session.PrintJson(writer => AlignmentReport.WriteJson(writer, options, result, inputs.ByRole, choice));
            else if (result.ValidationPairs > 0 || result.HeldOutImages > 0)
                session.Terminal.WriteTable(AlignTable.Create(result));
            string written = encoders is null ? AlignmentReport.TextAdapterFile : $"{AlignmentReport.TextAdapterFile}, {encoders.Written}";
            session.Terminal.Say($"{AlignmentReport.ImageAdapterFile}, {written} and {AlignmentReport.RunFile} written to {folder}");
        },
        parsed =>
        {
            Inputs(parsed).Check();
            if (parsed.GetValue(merge) && !parsed.IsGiven(lora))
                throw new UsageException("--merge needs --lora: give it, or leave out --merge");
            training.Check(parsed);
        },
        shared: true);
        return command;
    }

    private static AlignmentData Read(AlignInputs inputs)
    {
        if (!inputs.HasPairs)
        {
            Tensor ownImages = FeatureFile.ReadRows(inputs.UnpairedImages!, Modality.Image),
                ownTexts = FeatureFile.ReadRows(inputs.UnpairedTexts!, Modality.Text);
            return AlignmentData.WithoutPairs(ownImages, ownTexts);
        }

        Tensor images = FeatureFile.ReadRows(inputs.Images!, Modality.Image), texts = FeatureFile.ReadRows(inputs.Texts!, Modality.Text);
        Tensor? unpairedImages = ReadUnpaired(inputs.UnpairedImages, Modality.Image, inputs.Images!, images);
        Tensor? unpairedTexts = ReadUnpaired(inputs.UnpairedTexts, Modality.Text, inputs.Texts!, texts);
        return new AlignmentData(images, texts, FeatureInputs.ReadPairs(inputs.Pairs, inputs.Images!, images, inputs.Texts!, texts))
        {
            UnpairedImages = unpairedImages,
            UnpairedTexts = unpairedTexts,
        };
    }

    private static TokenSet? OpenTokens(string? path, Modality modality) => path is null ? null : TokenSet.Open(path, modality);

    private static Tensor? ReadUnpaired(string? path, Modality modality, string pairedPath, Tensor paired)
    {
        if (path is null)
            return null;
        Tensor rows = FeatureFile.ReadRows(path, modality);
        FeatureInputs.RequireSameWidth(pairedPath, paired, path, rows);
        return rows;
    }

    private static AlignmentResult Train(AlignmentOptions options, AlignmentData data, string checkpoint, bool resume,
        RowExchange exchange, Session session)
    {
        if (resume && !File.Exists(checkpoint))
            session.Terminal.Say("there is no checkpoint to resume from: starting from the beginning");
        var trainer = new AlignmentTrainer(options, data, session.Ranks, exchange);
        AlignmentResult? result = null;
        try
        {
            session.Terminal.WithProgress(
                "epoch",
                trainer.Epochs,
                progress => result = trainer.Run(checkpoint, resume, epoch => progress.Report(epoch.Epoch, Describe(epoch)),
                    session.Cancellation),
                "epochs");
        }
        catch (OperationCanceledException stopped)
        {
            throw new StoppedException("stopped; run the same command with --resume to continue from the last checkpoint", stopped);
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
        Add("other", epoch.Other);
        Add("token D_CS", epoch.TokenCauchySchwarz);
        Add("sigma", epoch.Bandwidth);
        if (float.IsFinite(epoch.ValidationCsDivergence))
        {
            Add("held out: D_CS", epoch.ValidationCsDivergence);
            Add("R@1", (epoch.ValidationImageToText + epoch.ValidationTextToImage) / 2);
        }

        return string.Join("  ", parts);
    }
}
