using System.CommandLine;
using System.Globalization;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Embedding;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Images;
using CsAligner.Mpi;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign embed</c>: features of images and texts by a frozen encoder, written as a feature set.</summary>
internal static class EmbedVerb
{
    public static Command Create(CommandRunner runner)
    {
        var encoders = new EncoderOptions(EmbedModel.Description);
        Option<string?> images =
            CommonOptions.OptionalPath("--images", PathRole.Pictures,
                "A folder of pictures (PNG, JPEG, WebP), with its subfolders; or a data set, for its images only");
        Option<string?> texts = CommonOptions.OptionalPath("--texts", PathRole.TextFile, "A UTF-8 file, one text a line");
        Option<string?> data = CommonOptions.OptionalPath("--data", PathRole.DataSet, CaptionedData.Description);
        Option<string?> imageFolder =
            CommonOptions.OptionalPath("--image-folder", PathRole.PictureFolder,
                "The folder of the images that --data names; by default where the format expects them");
        Option<string> captions =
            CommonOptions.Choice("--captions",
                "Of a set by name, such as emoji or icons:SPLIT: one caption a picture, or all, with pairs.npy", "one", "one", "all");
        Option<string> output =
            CommonOptions.RequiredPath("--out", PathRole.OutputFolder,
                "The feature-set folder to write; run the same command again to continue a stopped run");
        Option<bool> tokens = new("--tokens") { Description = "Also store the features of patches and words, as float16" };
        Option<string> dtype = CommonOptions.Choice("--dtype", "Set the element type of the features", "float16", "float16", "float32");
        Option<int?> batchSize =
            CommonOptions.OptionalCount("--batch-size", "Compute this many images or texts at a time; the default suits the model and "
                + "the cache",
                most: 65536);
        Option<int> decodeThreads =
            CommonOptions.Count("--decode-threads",
                "Set the threads that read and decode images while others are computed",
                Math.Max(1, Environment.ProcessorCount / 2), most: 1024);
        Option<int> shardRows =
            CommonOptions.Count("--shard-rows",
                "Put this many samples of a list into a shard, the unit of resuming; each tar file is a shard",
                EmbeddingOptions.DefaultShardRows);
        Option<(int Part, int Parts)?> shard = Share();
        Option<BadSampleLimit> maxBad = new("--max-bad")
        {
            Description = $"Stop after this many bad samples, or this share of those read; {BadSamples.LogFile} lists them",
            HelpName = "N|F%",
            DefaultValueFactory = _ => BadSampleLimit.Default,
            CustomParser = result => CommonOptions.Parse(result, BadSampleLimit.Parse),
        };
        Option<string?> skip =
            CommonOptions.OptionalPath("--skip", PathRole.TextFile,
                $"The {BadSamples.LogFile} of another run, to skip the same samples so that rows match");
        Option<string> transparency =
            CommonOptions.Choice("--transparency",
                "Show white where a picture is transparent, or drop transparency as Hugging Face does",
                "white", "white", "dropped");
        Option<string[]> lora =
            CommonOptions.Paths("--lora", PathRole.LoraFolder,
                "A folder with LoRA for the model, written by align --lora or PEFT; once per tower");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("embed", "Compute features of images and texts")
        {
            images, texts, data, imageFolder, captions, output, tokens, dtype, batchSize, decodeThreads, shardRows, shard, maxBad,
            skip, transparency, lora, json,
        };
        encoders.AddTo(command);
        var onnx = new OnnxCommandOptions();
        onnx.AddTo(command);
        runner.SetAction(command, (parsed, session) =>
        {
            (string? d, string? i, string? t) = (parsed.GetValue(data), parsed.GetValue(images), parsed.GetValue(texts));
            bool allCaptions = parsed.GetValue(captions) == "all";
            string folder = parsed.GetRequiredValue(output);
            string[] loraFolders = parsed.GetValue(lora) ?? [];
            var options = new EmbeddingOptions
            {
                Tokens = parsed.GetValue(tokens),
                Type = parsed.GetValue(dtype) == "float32" ? ElementType.Float32 : ElementType.Float16,
                BatchSize = parsed.GetValue(batchSize),
                DecodeThreads = parsed.GetValue(decodeThreads),
                ShardRows = parsed.GetValue(shardRows),
                MaxBad = parsed.GetValue(maxBad),
                Skipped = parsed.GetValue(skip) is { } log ? BadSamples.ReadLog(log) : new HashSet<string>(),
                Transparency = parsed.GetValue(transparency) == "dropped" ? Transparency.Dropped : Transparency.White,
            };
            var onnxOptions = onnx.Read(parsed);
            var embedder = encoders.Open(session, parsed, i, t, options.Tokens, loraFolders, onnxOptions);
            using var inputs = EmbedInputs.Open(session, d, i, t, embedder, allCaptions, parsed.GetValue(imageFolder));
            string files = string.Join(' ', encoders.Names(parsed).OfType<string>().Select(name => ModelFingerprint.Of(name, loraFolders)));
            var run = new EmbedRun(session, embedder, $"{files} {onnxOptions}", inputs, options);
            var share = parsed.GetValue(shard);
            if (session.Ranks is { Size: > 1 } ranks)
            {
                run.Write(folder, (ranks.Rank + 1, ranks.Size));
                ranks.Barrier();
                if (session.Writes) run.Write(folder);
                ranks.Barrier();
                if (!session.Writes) return;
            }
            else
            {
                run.Write(folder, share);
            }

            if (parsed.GetValue(json)) Print(session, embedder, folder, share, options.Tokens, run);
            session.Terminal.Say($"{run.Totals.Images} images and {run.Totals.Texts} texts of {Widths(embedder)} values written "
                + $"to {folder}{(share is null ? "" : "; run the command without --shard when all shares are done")}");
        },
        parsed =>
        {
            (string? d, string? i, string? t) = (parsed.GetValue(data), parsed.GetValue(images), parsed.GetValue(texts));
            if (d is not null && (i ?? t) is not null)
                throw new UsageException("--data includes images and texts: give either --data, or --images and --texts");
            if ((d ?? i ?? t) is null)
                throw new UsageException("nothing to embed: give --data, or --images, --texts or both");
            if (parsed.GetValue(captions) == "all" && d is null)
                throw new UsageException("--captions all needs --data with a set by name, such as emoji: give it, or leave out --captions");
            if (parsed.GetValue(imageFolder) is not null && d is null)
                throw new UsageException("--image-folder needs --data: give the folder with --images");
            if (parsed.IsGiven(shard) && MpiLaunch.Detect() is { Size: > 1 })
                throw new UsageException("under mpirun each process takes its share by itself: leave out --shard");
            onnx.Check(parsed);
            encoders.Check(parsed, i, t, parsed.GetValue(tokens), parsed.GetValue(lora));
        },
        shared: true);
        return command;
    }

    private static Option<(int Part, int Parts)?> Share() => new("--shard")
    {
        Description = "Compute the i-th of n shares of the work; when all are done, run again without --shard",
        HelpName = "i/n",
        CustomParser = result =>
        {
            string[] numbers = result.Tokens[0].Value.Split('/');
            if (numbers.Length == 2 && int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out int part)
                && int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out int parts) && part >= 1 && part <= parts)
                return (part, parts);
            result.AddError($"--shard: expected i/n with i from 1 to n, such as 1/8, got '{result.Tokens[0].Value}'");
            return null;
        },
    };

    private static string Widths(EmbedModel model) => model.Width?.ToString(CultureInfo.InvariantCulture)
        ?? $"{model.Images!.Width} and {model.Texts!.Width}";

    private static void Print(Session session, EmbedModel model, string folder, (int Part, int Parts)? share, bool tokens,
        EmbedRun run) => session.PrintJson(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("model", model.Name);
        writer.WriteString("out", folder);
        writer.WriteNumber("images", run.Totals.Images);
        writer.WriteNumber("texts", run.Totals.Texts);
        if (model.Width is { } width) writer.WriteNumber("width", width);
        else writer.WriteNull("width");
        writer.WriteNumber("image_width", run.Totals.Images > 0 ? model.Images!.Width : 0);
        writer.WriteNumber("text_width", run.Totals.Texts > 0 ? model.Texts!.Width : 0);
        writer.WriteNumber("samples", run.Totals.Samples);
        writer.WriteNumber("bad_samples", run.Totals.Bad);
        writer.WriteNumber("shards", run.Shards);
        writer.WriteString("shard", share is { } s ? $"{s.Part}/{s.Parts}" : null);
        writer.WriteString("pairs", run.Totals.HasPairs && share is null ? Path.Combine(folder, FeatureSet.PairsFile) : null);
        WriteTokens("image_tokens", run.Totals.ImageTokens);
        WriteTokens("text_tokens", run.Totals.TextTokens);
        writer.WriteNumber("image_seconds", run.ImageSeconds);
        writer.WriteNumber("text_seconds", run.TextSeconds);
        writer.WriteEndObject();

        void WriteTokens(string name, long count)
        {
            if (tokens && count > 0) writer.WriteNumber(name, count);
            else writer.WriteNull(name);
        }
    });
}
