using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tokenizers;

namespace CsAligner.Onnx;

/// <summary>
/// The encoders of a model, whoever computes them: a CLIP folder with model.safetensors is computed by this library, a model in ONNX
/// format by ONNX Runtime. Inputs and outputs are the same.
/// </summary>
public sealed class FrozenEncoders : IDisposable
{
    private readonly IDisposable[] _owned;

    private FrozenEncoders(string name, IImageEncoder? images, ITextEncoder? texts, params IDisposable[] owned) =>
        (Name, Images, Texts, _owned) = (name, images, texts, owned);

    /// <summary>The folder's or file's name, without its path.</summary>
    public string Name { get; }

    /// <summary>Embeds images; null if the model takes none.</summary>
    public IImageEncoder? Images { get; }

    /// <summary>Embeds texts; null if the model takes none.</summary>
    public ITextEncoder? Texts { get; }

    /// <summary>Reads a model.</summary>
    /// <param name="path">
    /// A folder: a CLIP in Hugging Face's layout with model.safetensors; or one with ONNX graphs (model.onnx, or vision_model.onnx and
    /// text_model.onnx, in it or in its folder "onnx") and config.json, preprocessor_config.json, tokenizer.json or vocab.txt. Or one
    /// graph's file. Of a graph NAME.onnx of images, NAME.preprocessing.json beside it may hold
    /// <see cref="ImagePreprocessingSettings"/>.
    /// </param>
    /// <param name="options">How ONNX models are read; where they are given, a folder's ONNX graphs go before its safetensors.</param>
    /// <exception cref="InputException">A file is missing or damaged; the application has no ONNX Runtime for this system.</exception>
    public static FrozenEncoders Load(string path, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (IsOnnx(path, options)) return LoadOnnx(path, options ?? new OnnxOptions());
        var clip = ClipEmbedder.Load(path);
        return new FrozenEncoders(NameOf(path), clip, clip);
    }

    /// <summary>Whether <see cref="Load"/> would give a model to ONNX Runtime.</summary>
    /// <param name="path">A folder or file.</param>
    /// <param name="options">As for <see cref="Load"/>.</param>
    public static bool IsOnnx(string path, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        bool hasWeights = File.Exists(Path.Combine(path, "model.safetensors"))
            || File.Exists(Path.Combine(path, "model.safetensors.index.json"));
        return OnnxModelFolder.Is(path) && (options is not null || !hasWeights || !OnnxModelFolder.IsClip(path));
    }

    /// <summary>Lets go of ONNX Runtime's models.</summary>
    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    private static FrozenEncoders LoadOnnx(string path, OnnxOptions options)
    {
        Check(options);
        var folder = OnnxModelFolder.Open(path, options.Variant);
        var imageOptions = OfImages(folder, options);
        var sessions = new List<IDisposable>();
        try
        {
            var whole = Open(folder.Whole, imageOptions);
            var (vision, text) = (Open(folder.Vision, imageOptions) ?? whole, Open(folder.Text, options) ?? whole);
            var images = vision?.Pixels is null ? null : new OnnxImageEncoder(vision, folder, imageOptions);
            var texts = text?.Ids is null
                ? null
                : new OnnxTextEncoder(text, folder, options, TokenizerFolder.Load(folder.Folder), images?.Preprocessing.ImageSize ?? 0);
            return new FrozenEncoders(NameOf(path), images, texts, [.. sessions]);
        }
        catch
        {
            foreach (var session in sessions) session.Dispose();
            throw;
        }

        OnnxGraph? Open(string? file, OnnxOptions given)
        {
            if (file is null) return null;
            var graph = OnnxGraph.Open(file, given);
            sessions.Add(graph.Session);
            return graph;
        }
    }

    // What the caller says goes before the file beside the graph: model.preprocessing.json of model.onnx.
    private static OnnxOptions OfImages(OnnxModelFolder folder, OnnxOptions options)
    {
        string? graph = folder.Vision ?? folder.Whole, beside = Path.ChangeExtension(graph, ".preprocessing.json");
        var settings = File.Exists(beside) ? ImagePreprocessingSettings.Read(beside) : null;
        settings = options.Preprocessing?.Over(settings) ?? settings;
        return options with
        {
            Preprocessing = settings,
            ImageInput = options.ImageInput ?? settings?.Input,
            ImageOutput = options.ImageOutput ?? settings?.Output,
        };
    }

    private static void Check(OnnxOptions options)
    {
        if (options.Threads is < 1 or > Compute.MaxThreads)
            throw new ArgumentOutOfRangeException(nameof(options),
                $"Threads is {options.Threads}; expected 1 to {Compute.MaxThreads}.");
        if (options.ContextLength is < 3)
            throw new ArgumentOutOfRangeException(nameof(options), $"ContextLength is {options.ContextLength}; expected at least 3.");
        if (options.Device < 0)
            throw new ArgumentOutOfRangeException(nameof(options), $"Device is {options.Device}; expected 0 or more.");
        if (options.Variant is { } variant && variant.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.')))
            throw new ArgumentException($"'{variant}' is not the ending of a file name.", nameof(options));
    }

    private static string NameOf(string path)
    {
        string name = Path.GetFileName(Path.GetFullPath(path).TrimEnd('/', '\\'));
        return name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? Path.GetFileNameWithoutExtension(name) : name;
    }
}
