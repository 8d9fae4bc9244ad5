using System.CommandLine;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Images;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign embed</c>: features of images and texts by a frozen encoder, written as a feature set.</summary>
internal static class EmbedVerb
{
    public static Command Create(CommandRunner runner)
    {
        Option<string> model = CommonOptions.RequiredPath("--model", EmbedModel.Description);
        Option<string?> images = CommonOptions.OptionalPath("--images", "A folder of PNG, JPEG and WebP files; with those below it, sorted by ordinal path.");
        Option<string?> texts = CommonOptions.OptionalPath("--texts", "A text file, UTF-8, one text a line.");
        Option<string?> data = CommonOptions.OptionalPath("--data", CaptionedData.Description);
        Option<string> captions = CommonOptions.Choice("--captions", "Of icons:SPLIT the name of each icon, or all its captions: aliases and categories, labels and keywords of emoji. Then pairs.npy says which icon each text belongs to.", "one", "one", "all");
        Option<string> output = CommonOptions.RequiredPath("--out", "The feature-set folder to write. An older set there stays whole until this one is.");
        Option<bool> tokens = new("--tokens") { Description = "Store the features of patches and words too, float16." };
        Option<int?> batchSize = CommonOptions.OptionalCount("--batch-size", "Images or texts computed at a time. Left out: what suits the model and the cache.", most: 65536);
        Option<string> transparency = CommonOptions.Choice("--transparency", "What shows where a picture is transparent: white, or with dropped the colours under it, as in Pillow and Hugging Face.", "white", "white", "dropped");
        Option<string[]> lora = new("--lora") { Description = "A folder with LoRA for the model, as align --lora or PEFT writes it; once for each tower.", HelpName = "PATH" };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("embed", "Compute features of images and texts.") { model, images, texts, data, captions, output, tokens, batchSize, transparency, lora, json };
        var onnx = new OnnxCommandOptions();
        onnx.AddTo(command);
        runner.SetAction(command, (parsed, session) =>
        {
            (string? d, string? i, string? t) = (parsed.GetValue(data), parsed.GetValue(images), parsed.GetValue(texts));
            if (d is not null && (i ?? t) is not null)
                throw new UsageException("--data brings its images and texts along: give either --data, or --images and --texts");
            if ((d ?? i ?? t) is null)
                throw new UsageException("nothing to embed: give --data, or --images, --texts or both");
            bool allCaptions = parsed.GetValue(captions) == "all";
            if (allCaptions && d is null)
                throw new UsageException("--captions all is for --data icons:SPLIT: give that, or leave it out");
            string modelName = parsed.GetRequiredValue(model), folder = parsed.GetRequiredValue(output);
            var embedder = EmbedModel.Open(session, modelName, i, t, parsed.GetValue(tokens), parsed.GetValue(lora) ?? [], onnx.Read(parsed));
            using var inputs = EmbedInputs.Open(session, d, i, t, embedder.Images?.Preprocessing, parsed.GetValue(transparency) == "dropped" ? Transparency.Dropped : Transparency.White, allCaptions);
            var run = new EmbedRun(session, embedder, inputs, parsed.GetValue(tokens), parsed.GetValue(batchSize));
            run.Write(folder);
            if (parsed.GetValue(json)) Print(session, modelName, folder, inputs, embedder.Width, run);
            session.Terminal.Say($"{inputs.ImageNames.Count} images and {inputs.Texts.Count} texts of {embedder.Width} values written to {folder}");
        });
        return command;
    }

    private static void Print(Session session, string model, string folder, EmbedInputs inputs, int width, EmbedRun run) => session.PrintJson(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("model", model);
        writer.WriteString("out", folder);
        writer.WriteNumber("images", inputs.ImageNames.Count);
        writer.WriteNumber("texts", inputs.Texts.Count);
        writer.WriteNumber("width", width);
        writer.WriteString("pairs", inputs.Pairs is null ? null : Path.Combine(folder, FeatureSet.PairsFile));
        if (run.ImageTokens is { } patches) writer.WriteNumber("image_tokens", patches);
        else writer.WriteNull("image_tokens");
        if (run.TextTokens is { } words) writer.WriteNumber("text_tokens", words);
        else writer.WriteNull("text_tokens");
        writer.WriteNumber("image_seconds", run.ImageSeconds);
        writer.WriteNumber("text_seconds", run.TextSeconds);
        writer.WriteEndObject();
    });
}
