using System.CommandLine;
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
        [_variant, _imageInput, _imageOutput, _textInput, _textOutput, _pooling, _context, _threads, _provider, _device];

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
            TextInput = parsed.GetValue(_textInput),
            TextOutput = parsed.GetValue(_textOutput),
            Pooling = Enum.Parse<OnnxPooling>(parsed.GetValue(_pooling)!, ignoreCase: true),
            ContextLength = parsed.GetValue(_context),
            Threads = parsed.GetValue(_threads),
            Provider = parsed.GetValue(_provider) == "cuda" ? OnnxProvider.Cuda : OnnxProvider.Cpu,
            Device = parsed.GetValue(_device),
        };

    private static Option<string?> Name(string name, string description) => new(name) { Description = description, HelpName = "NAME" };
}
