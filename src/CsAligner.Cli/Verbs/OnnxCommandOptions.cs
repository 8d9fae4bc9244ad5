using System.CommandLine;
using System.Globalization;
using CsAligner.Models;
using CsAligner.Onnx;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>What <c>embed</c> takes for models in ONNX format. All may be left out: files of the usual kind say it themselves.</summary>
internal sealed class OnnxCommandOptions
{
    private readonly Option<string?> _variant = Name("--onnx-variant", "Select one of several graphs, such as fp16 for model_fp16.onnx");
    private readonly Option<string?> _imageInput =
        Name("--onnx-image-input", "Name the graph's pixel input; by default the one with four dimensions");
    private readonly Option<string?> _imageOutput =
        Name("--onnx-image-output", "Name the graph's image feature output; by default image_embeds, or that of the family");
    private readonly Option<int?> _imageSize = CommonOptions.OptionalCount(
        "--onnx-image-size", "Set the side of the pictures in pixels; it goes before the files beside the graph",
        most: 16384);
    private readonly Option<int?> _shortSide =
        CommonOptions.OptionalCount("--onnx-image-short-side", "Resize to this size before the crop; by default no more than the crop",
            most: 16384);
    private readonly Option<ResizeRule?> _resize =
        CommonOptions.OptionalChoice("--onnx-image-resize", "Resize the short side and crop, or squeeze pictures to a square",
            [.. ImagePreprocessingSettings.ResizeNames.Select(name => (name, ImagePreprocessingSettings.ResizeOf(name)))]);
    private readonly Option<ResampleFilter?> _filter =
        CommonOptions.OptionalChoice("--onnx-image-filter", "Resize with this filter", Lowered<ResampleFilter>());
    private readonly Option<ChannelOrder?> _channels =
        CommonOptions.OptionalChoice("--onnx-image-channels", "Set the order of the channels", Lowered<ChannelOrder>());
    private readonly Option<float[]?> _scale =
        Numbers("--onnx-image-scale", "Set what white becomes before the mean is taken off: 1, or 255", 1, positive: true);
    private readonly Option<float[]?> _mean =
        Numbers("--onnx-image-mean", "Set the means of the channels, in their order, such as 0.485,0.456,0.406", 3, positive: false);
    private readonly Option<float[]?> _deviation =
        Numbers("--onnx-image-std", "Set the deviations of the channels, in their order", 3, positive: true);
    private readonly Option<string?> _textInput = Name("--onnx-text-input", "Name the graph's token id input; by default input_ids");
    private readonly Option<string?> _textOutput =
        Name("--onnx-text-output",
            "Name the graph's text feature output; by default text_embeds, or that of the family");
    private readonly Option<string> _pooling =
        CommonOptions.Choice("--onnx-pooling",
            "Pool token features this way; auto follows 1_Pooling/config.json, the graph or its family", "auto", "auto", "mean",
            "cls", "last", "max", "pooler");
    private readonly Option<int?> _context =
        CommonOptions.OptionalCount("--onnx-context", "Read at most this many tokens of a text; by default as many as the model allows",
            least: 3);
    private readonly Option<int?> _threads =
        CommonOptions.OptionalCount("--onnx-threads", "Set the threads of ONNX Runtime; by default CSALIGN_THREADS, else all processors",
            most: Compute.MaxThreads);
    private readonly Option<string> _provider =
        CommonOptions.Choice("--onnx-provider", "Compute on this device; cuda needs a build with the package Microsoft.ML.OnnxRuntime.Gpu",
            "cpu",
            "cpu", "cuda");
    private readonly Option<int> _device = CommonOptions.Count("--onnx-device", "Select the GPU", 0, least: 0);

    private Option[] All =>
    [
        _variant, _imageInput, _imageOutput, _imageSize, _shortSide, _resize, _filter, _channels, _scale, _mean, _deviation, _textInput,
        _textOutput, _pooling, _context, _threads, _provider, _device,
    ];

    private Option[] Pictures => [_imageSize, _shortSide, _resize, _filter, _channels, _scale, _mean, _deviation];

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>Refuses what would have no effect.</summary>
    public void Check(ParseResult parsed)
    {
        if (parsed.IsGiven(_device) && parsed.GetValue(_provider) != "cuda")
            throw new UsageException("--onnx-device needs --onnx-provider cuda: give it, or leave out --onnx-device");
    }

    /// <summary>The given options; null if there are none.</summary>
    public OnnxOptions? Read(ParseResult parsed) => !All.Any(parsed.IsGiven)
        ? null
        : new OnnxOptions
        {
            Variant = parsed.GetValue(_variant),
            ImageInput = parsed.GetValue(_imageInput),
            ImageOutput = parsed.GetValue(_imageOutput),
            Preprocessing = Pictures.Any(parsed.IsGiven) ? ReadPreprocessing(parsed) : null,
            TextInput = parsed.GetValue(_textInput),
            TextOutput = parsed.GetValue(_textOutput),
            Pooling = Enum.Parse<OnnxPooling>(parsed.GetValue(_pooling)!, ignoreCase: true),
            ContextLength = parsed.GetValue(_context),
            Threads = parsed.GetValue(_threads),
            Provider = parsed.GetValue(_provider) == "cuda" ? OnnxProvider.Cuda : OnnxProvider.Cpu,
            Device = parsed.GetValue(_device),
        };

    private ImagePreprocessingSettings ReadPreprocessing(ParseResult parsed)
    {
        return new()
        {
            ImageSize = parsed.GetValue(_imageSize),
            ShortSide = parsed.GetValue(_shortSide),
            Resize = parsed.GetValue(_resize),
            Filter = parsed.GetValue(_filter),
            Channels = parsed.GetValue(_channels),
            Scale = Given(_scale)?[0],
            Mean = Given(_mean),
            Deviation = Given(_deviation),
        };

        // An option of several values that was left out has none of them, and is not null.
        float[]? Given(Option<float[]?> option) => parsed.GetValue(option) is { Length: > 0 } values ? values : null;
    }

    private static (string Word, T Value)[] Lowered<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => (value.ToString().ToLowerInvariant(), value))];

    private static Option<float[]?> Numbers(string name, string description, int count, bool positive) => new(name)
    {
        Description = description,
        HelpName = string.Join(',', Enumerable.Repeat("F", count)),
        CustomParser = result =>
        {
            string token = result.Tokens[0].Value;
            float[] values = [.. token.Split(',').Select(part =>
                float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value : float.NaN)];
            if (values.Length == count && values.All(value => float.IsFinite(value) && (!positive || value > 0))) return values;
            string expected = (count == 1 ? "a number" : $"{count} numbers with commas between") + (positive ? ", above 0" : "");
            result.AddError($"{name}: expected {expected}, got '{token}'");
            return null;
        },
    };

    private static Option<string?> Name(string name, string description) => new(name) { Description = description, HelpName = "NAME" };
}
