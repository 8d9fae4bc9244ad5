using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Kernels.Images;

namespace CsAligner.Models;

/// <summary>
/// How a picture becomes the vision tower's input: what preprocessor_config.json holds. CLIP and DINOv2 resize the short side and cut
/// out the middle, SigLIP and ViT resize any shape to a square.
/// </summary>
/// <param name="ImageSize">The side of the square input in pixels.</param>
/// <param name="Mean">Per channel, in the order of <see cref="Channels"/>, of values 0 to <see cref="Scale"/>.</param>
/// <param name="Deviation">Per channel, greater than 0.</param>
public sealed record ImagePreprocessing(int ImageSize, IReadOnlyList<float> Mean, IReadOnlyList<float> Deviation)
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "preprocessor_config.json";

    /// <summary>The file that version 5 of transformers writes in its place; it may hold settings of other modalities too.</summary>
    public const string ProcessorFileName = "processor_config.json";

    /// <summary>Sides above this are those of no model.</summary>
    internal const int LargestSize = 16384;

    private const string NestedKey = "image_processor";

    private static readonly ConfigKeyRules Known = new(
        read:
        [
            "size", "crop_size", "resample", "do_resize", "do_center_crop", "do_rescale", "rescale_factor", "do_normalize", "image_mean",
            "image_std", "image_processor_type", "feature_extractor_type", "default_to_square",
        ],

        // The input is RGB; the output layout is defined here.
        harmless:
        [
            "processor_class", "_processor_class", "_valid_processor_keys", "do_convert_rgb", "data_format", "input_data_format",
            "return_tensors", "device", "disable_grouping", "image_seq_length",
        ],
        off: ["do_pad", "do_flip_channel_order", "do_thumbnail", "do_align_long_axis", "do_reduce_labels", "do_grayscale",
            "use_square_size"]);

    private static readonly ConfigKeyRules Nested = new(
        [NestedKey], ["processor_class", "tokenizer", "feature_extractor", "video_processor", "audio_tokenizer", "chat_template"], []);

    // Processors that do what their settings say and nothing else.
    private static readonly string[] Processors = ["CLIP", "ChineseCLIP", "Siglip", "ViT", "DeiT", "Bit", "Blip", "DINOv3ViT"];

    /// <summary>OpenAI CLIP's channel means.</summary>
    public static IReadOnlyList<float> ClipMean { get; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>OpenAI CLIP's channel deviations.</summary>
    public static IReadOnlyList<float> ClipDeviation { get; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>ImageNet's channel means, which DINOv2 takes.</summary>
    public static IReadOnlyList<float> ImageNetMean { get; } = [0.485f, 0.456f, 0.406f];

    /// <summary>ImageNet's channel deviations.</summary>
    public static IReadOnlyList<float> ImageNetDeviation { get; } = [0.229f, 0.224f, 0.225f];

    /// <summary>The short side of a picture before the crop, in pixels ("size"); at least <see cref="ImageSize"/>.</summary>
    public int ShortSide { get; init; } = ImageSize;

    /// <summary>The sides that become <see cref="ShortSide"/>.</summary>
    public ResizeRule Resize { get; init; } = ResizeRule.ShortSide;

    /// <summary>How pixels are weighed in resizing ("resample").</summary>
    public ResampleFilter Filter { get; init; } = ResampleFilter.Bicubic;

    /// <summary>The order in which the model takes channels.</summary>
    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    /// <summary>What white becomes before the mean is taken off: 1, or 255 for models that take bytes.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>What <see cref="Fit"/> does in words, for reports: "short side to 64 by bicubic with antialiasing, centre crop".</summary>
    public string Description
    {
        get
        {
            string sides = Resize == ResizeRule.ShortSide ? "short side" : "both sides";
            string crop = ShortSide != ImageSize ? $", centre crop to {ImageSize}" : Resize == ResizeRule.ShortSide ? ", centre crop" : "";
            return $"{sides} to {ShortSide} by {Filter.ToString().ToLowerInvariant()} with antialiasing{crop}";
        }
    }

    /// <summary>Reads the settings of a model's folder: preprocessor_config.json,
    /// or processor_config.json if there is only that.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static ImagePreprocessing ReadFolder(string folder)
    {
        string path = Path.Combine(folder, FileName), newer = Path.Combine(folder, ProcessorFileName);
        return Read(!File.Exists(path) && File.Exists(newer) ? newer : path);
    }

    /// <summary>Whether a model's folder has one of the two files.</summary>
    /// <param name="folder">The model's folder.</param>
    public static bool IsIn(string folder) =>
        File.Exists(Path.Combine(folder, FileName)) || File.Exists(Path.Combine(folder, ProcessorFileName));

    /// <summary>Reads preprocessor_config.json or processor_config.json.</summary>
    /// <param name="path">The file; its name appears in errors.</param>
    /// <exception cref="InputException">The file is missing, is not JSON, or lacks sizes, mean or deviation that make sense; it asks for
    /// steps that are not done here.</exception>
    public static ImagePreprocessing Read(string path)
    {
        if (!File.Exists(path))
            throw new InputException($"{path}: no such file; a model folder needs it to prepare images.");
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new InputException($"{path}: expected a JSON object.");
            if (!root.TryGetProperty(NestedKey, out var nested) || nested.ValueKind != JsonValueKind.Object) return FromJson(root, path);
            Nested.Check(root, path);
            return FromJson(nested, path);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON (line {e.LineNumber + 1}); download the file again.", e);
        }
        catch (InvalidOperationException e)
        {
            // Bytes and escapes that pass as JSON and fail as text.
            throw new InputException($"{path}: not valid JSON ({e.Message.TrimEnd('.')}); download the file again.", e);
        }
    }

    /// <summary>The settings as preprocessor_config.json's text.</summary>
    /// <exception cref="NotSupportedException">That file has no words for another order of channels or another scale.</exception>
    public string ToJson() => Channels != ChannelOrder.Rgb || Scale != 1
        ? throw new NotSupportedException($"{FileName} cannot say that channels are {Channels} of 0 to {Scale}.")
        : new JsonObject
        {
            ["crop_size"] = new JsonObject { ["height"] = ImageSize, ["width"] = ImageSize },
            ["do_center_crop"] = Resize == ResizeRule.ShortSide || ImageSize != ShortSide,
            ["do_normalize"] = true,
            ["do_rescale"] = true,
            ["do_resize"] = true,
            ["image_mean"] = new JsonArray([.. Mean.Select(v => JsonValue.Create(v))]),
            ["image_processor_type"] = Resize == ResizeRule.ShortSide ? "CLIPImageProcessor" : "SiglipImageProcessor",
            ["image_std"] = new JsonArray([.. Deviation.Select(v => JsonValue.Create(v))]),
            ["resample"] = (int)Filter,
            ["size"] = Resize == ResizeRule.ShortSide
            ? new JsonObject { ["shortest_edge"] = ShortSide }
            : new JsonObject { ["height"] = ShortSide, ["width"] = ShortSide },
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";

    /// <summary>
    /// Makes a picture of any size the model's input: its short side becomes <see cref="ShortSide"/> and the long side follows
    /// (rounded down), or both become it (<see cref="Resize"/>), and the middle is cut out. The same bytes as Pillow's resize and
    /// Hugging Face's centre crop.
    /// </summary>
    /// <param name="rgb">8-bit RGB, interleaved: width x height x 3 bytes.</param>
    /// <param name="width">At least 1.</param>
    /// <param name="height">At least 1.</param>
    /// <param name="target">S x S x 3 bytes, S = <see cref="ImageSize"/>.</param>
    /// <exception cref="ArgumentException">The number of bytes does not match the sizes.</exception>
    public void Fit(ReadOnlySpan<byte> rgb, int width, int height, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (rgb.Length != (long)width * height * 3)
            throw new ArgumentException($"{width} x {height} pixels take {(long)width * height * 3} bytes, got {rgb.Length}.",
                nameof(rgb));
        if (target.Length != ImageSize * ImageSize * 3)
            throw new ArgumentException($"The target takes {ImageSize * ImageSize * 3} bytes, it has {target.Length}.", nameof(target));
        long across = width <= height || Resize == ResizeRule.Square ? ShortSide : (long)ShortSide * width / height;
        long down = width > height || Resize == ResizeRule.Square ? ShortSide : (long)ShortSide * height / width;
        ResampleKernel.Run(
            rgb,
            width,
            new ResampleTaps(width, across, (across - ImageSize) / 2, ImageSize, Filter),
            new ResampleTaps(height, down, (down - ImageSize) / 2, ImageSize, Filter),
            target);
    }

    /// <summary>Writes images of the right size into a batch: (value / 255 * scale - mean) / deviation, channel after channel.</summary>
    /// <param name="rgb">8-bit RGB, interleaved, image after image.</param>
    /// <param name="pixels">[B, 3, S, S] with S = <see cref="ImageSize"/>; B images are read.</param>
    /// <exception cref="ArgumentException">The number of bytes does not match the batch.</exception>
    public void Normalize(ReadOnlySpan<byte> rgb, Tensor pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (rgb.Length != pixels.Length || pixels.Length % (3 * ImageSize * ImageSize) != 0)
            throw new ArgumentException($"{rgb.Length} bytes do not fill a batch of shape [{string.Join(", ", pixels.Shape.ToArray())}].",
                nameof(rgb));
        PixelKernel.Normalize(rgb, pixels.Span, ImageSize * ImageSize, Scale, [.. Mean], [.. Deviation], Channels == ChannelOrder.Bgr);
    }

    /// <summary>As <see cref="Normalize"/>, each image first scaled about its centre and moved; white comes in at the edges.
    /// For training.</summary>
    /// <param name="rgb">8-bit RGB, interleaved, image after image.</param>
    /// <param name="pixels">[B, 3, S, S].</param>
    /// <param name="zooms">3 B values: scale, shift to the right and shift down in pixels, for each image.</param>
    /// <exception cref="ArgumentException">The number of bytes or zooms does not match the batch.</exception>
    public void ZoomAndNormalize(ReadOnlySpan<byte> rgb, Tensor pixels, ReadOnlySpan<float> zooms)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        int image = 3 * ImageSize * ImageSize;
        if (rgb.Length != pixels.Length || pixels.Length % image != 0 || zooms.Length != rgb.Length / image * 3)
            throw new ArgumentException($"{rgb.Length} bytes and {zooms.Length} zoom values do not fill a batch of shape "
                + $"[{string.Join(", ", pixels.Shape.ToArray())}].", nameof(rgb));
        PixelKernel.ZoomAndNormalize(rgb, pixels.Span, ImageSize, [.. Mean], [.. Deviation], zooms);
    }

    private static ImagePreprocessing FromJson(JsonElement root, string path)
    {
        Known.Check(root, path);
        CheckSteps(root, path);
        bool square = IsSquare(root), crops = !(square && Step(root, "do_center_crop", path) == false);
        int? size = Size(root, "size", square ? "height" : "shortest_edge", path);
        int? crop = crops ? Size(root, "crop_size", "height", path) : null;
        if ((crop ?? size) is not { } imageSize)
            throw new InputException($"{path}: \"size\" and \"crop_size\" are missing; download the file again.");
        int shortSide = size ?? imageSize;
        if (shortSide < imageSize)
            throw new InputException($"{path}: the short side of {shortSide} pixels is less than the crop of {imageSize}; "
                + "\"size\" must be at least \"crop_size\".");

        // Where nothing is subtracted, the model's own graph does it.
        bool normalizes = Step(root, "do_normalize", path) != false;
        float[] mean = normalizes ? Triple(root, "image_mean", path) : [0, 0, 0];
        float[] deviation = normalizes ? Triple(root, "image_std", path, positive: true) : [1, 1, 1];
        return new ImagePreprocessing(imageSize, mean, deviation)
        {
            ShortSide = shortSide,
            Resize = square ? ResizeRule.Square : ResizeRule.ShortSide,
            Filter = ReadFilter(root, path),
        };
    }

    // Omitting or changing a step would silently change features. Steps that the file does not mention follow CLIP.
    private static void CheckSteps(JsonElement root, string path)
    {
        if (ProcessorOf(root) is { } processor && !Processors.Contains(processor))
            throw new InputException(
                $"{path}: the image processor {processor} is not supported, because it may work differently; "
                + $"{string.Join(", ", Processors)} are.");
        foreach (string step in new[] { "do_resize", "do_rescale" })
        {
            if (Step(root, step, path) == false) throw new InputException($"{path}: \"{step}\" is false; only true is supported.");
        }

        if (Step(root, "do_center_crop", path) == false && !IsSquare(root))
            throw new InputException($"{path}: \"do_center_crop\" is false, but \"size\" gives only the short side: images would differ "
                + "in shape; give \"size\" a \"height\" and a \"width\", or crop.");
        if (root.TryGetProperty("rescale_factor", out var factor) && factor.ValueKind != JsonValueKind.Null
            && !(factor.ValueKind == JsonValueKind.Number && Math.Abs((factor.GetDouble() * 255) - 1) < 1e-6))
            throw new InputException($"{path}: \"rescale_factor\" is {factor.GetRawText()}; only 1/255 is supported.");
    }

    private static bool? Step(JsonElement root, string name, string path)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new InputException($"{path}: \"{name}\" is {value.GetRawText().ReplaceLineEndings(" ")}; expected true or false.");
    }

    // Newer files name the edges; a bare number means a square to the processors of ViT and SigLIP, to others the short side.
    private static bool IsSquare(JsonElement root)
    {
        if (root.TryGetProperty("size", out var size) && size.ValueKind == JsonValueKind.Object)
            return !size.TryGetProperty("shortest_edge", out var edge) || edge.ValueKind == JsonValueKind.Null;
        if (root.TryGetProperty("default_to_square", out var square) && square.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return square.GetBoolean();
        return ProcessorOf(root) is "ViT" or "Siglip" or "DINOv3ViT";
    }

    // "CLIP" of CLIPImageProcessor, CLIPImageProcessorFast and CLIPFeatureExtractor; null if the file does not say.
    private static string? ProcessorOf(JsonElement root)
    {
        foreach (string key in (string[])["image_processor_type", "feature_extractor_type"])
        {
            if (!root.TryGetProperty(key, out var type) || type.ValueKind != JsonValueKind.String) continue;
            string name = type.GetString()!;
            foreach (string ending in (string[])["Fast", "Pil", "ImageProcessor", "FeatureExtractor"])
                if (name.EndsWith(ending, StringComparison.Ordinal)) name = name[..^ending.Length];
            return name;
        }

        return null;
    }

    private static ResampleFilter ReadFilter(JsonElement root, string path)
    {
        if (!root.TryGetProperty("resample", out var element) || element.ValueKind == JsonValueKind.Null)
            return ProcessorOf(root) is "ViT" or "DINOv3ViT" ? ResampleFilter.Bilinear : ResampleFilter.Bicubic;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int filter) && Enum.IsDefined((ResampleFilter)filter)
            ? (ResampleFilter)filter
            : throw new InputException($"{path}: \"resample\" is {element.GetRawText().ReplaceLineEndings(" ")}; "
                + string.Join(", ", Enum.GetValues<ResampleFilter>().Select(f => $"{(int)f} ({f.ToString().ToLowerInvariant()})"))
                + " are supported.");
    }

    // Older files say "size": 224 and "crop_size": 224, newer ones name the edges.
    private static int? Size(JsonElement root, string name, string edge, string path)
    {
        if (!root.TryGetProperty(name, out var element) || element.ValueKind == JsonValueKind.Null) return null;
        var number = element;

        // A longest edge, say, would bound the other side.
        string[] edges = edge == "height" ? ["height", "width"] : [edge];
        if (element.ValueKind == JsonValueKind.Object
            && element.EnumerateObject().Any(part => part.Value.ValueKind != JsonValueKind.Null && !edges.Contains(part.Name)))
            throw new InputException(
                $"{path}: \"{name}\" is {ConfigKeyRules.Shown(element)}; expected "
                + $"{(edge == "height" ? "\"height\" and \"width\"" : "\"shortest_edge\"")} alone.");
        if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(edge, out number) && edge == "height"
            && !(element.TryGetProperty("width", out var width) && width.GetRawText() == number.GetRawText())) number = default;
        return number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int size) && size is > 0 and <= LargestSize
            ? size
            : throw new InputException($"{path}: \"{name}\" is {element.GetRawText().ReplaceLineEndings(" ")}; expected a whole number "
                + $"from 1 to {LargestSize}, or {(edge == "height" ? "equal height and width" : "\"shortest_edge\"")} of it.");
    }

    private static float[] Triple(JsonElement root, string name, string path, bool positive = false)
    {
        if (root.TryGetProperty(name, out var element) && element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 3)
        {
            float[] values =
                [.. element.EnumerateArray()
                    .Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetSingle(out float f) ? f : float.NaN)];
            if (values.All(v => float.IsFinite(v) && (!positive || v > 0))) return values;
        }

        throw new InputException($"{path}: \"{name}\" must be three {(positive ? "positive " : "")}numbers, for red, green and blue.");
    }
}
