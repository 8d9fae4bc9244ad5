using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Onnx;

/// <summary>
/// A frozen encoder of images that ONNX Runtime computes. Pictures are prepared here, as preprocessor_config.json says. Several
/// threads may embed at once.
/// </summary>
public sealed class OnnxImageEncoder : IImageEncoder, IDisposable
{
    private const int ProcessorBatch = 16, GpuBatch = 128;

    private readonly OnnxGraph _graph;
    private readonly OnnxValueInfo _pixels, _output;
    private readonly OnnxPooling _pooling;
    private readonly int _batch;

    internal OnnxImageEncoder(OnnxGraph graph, OnnxModelFolder folder, OnnxOptions options)
    {
        (_graph, _pixels) =
            (graph, graph.Pixels ?? throw new InputException($"{graph.Session.Path}: it takes no images; {graph.Declared}"));
        Preprocessing = ReadPreprocessing(graph.Session.Path, _pixels, folder, options);
        if (_pixels.Size(2) is var height and > 0 && _pixels.Size(3) is var width and > 0
            && (height != Preprocessing.ImageSize || width != Preprocessing.ImageSize))
            throw new InputException(
                $"{graph.Session.Path}: it takes images of {height} x {width}, but its preprocessing makes "
                    + $"{Preprocessing.ImageSize} x {Preprocessing.ImageSize}; take all files from one model");
        (_output, _pooling) = Choose(graph, folder, options);
        long image = 3L * Preprocessing.ImageSize * Preprocessing.ImageSize;
        _batch = OnnxGraph.BatchOf(_pixels)
            ?? (int)Math.Clamp(OnnxGraph.MostPixels / image, 1, options.Provider == OnnxProvider.Cpu ? ProcessorBatch : GpuBatch);
        if (image * _batch > OnnxGraph.MostPixels)
            throw new InputException(
                $"{graph.Session.Path}: it takes {_batch} images of {Preprocessing.ImageSize} x {Preprocessing.ImageSize} at a time, more "
                    + $"than {OnnxGraph.MostPixels} values; export it with smaller batches");

        // One black picture: what does not run is found now, and so is an open width.
        try
        {
            EmbedImages(1, (_, rgb) => rgb.Clear(), tokens: false, batch => Width = batch.Features.Width);
        }
        catch (UnusableFeaturesException failure)
        {
            throw failure.Of($"{graph.Session.Path}: output {_output.Name}: a black picture");
        }
    }

    /// <inheritdoc/>
    public int Width { get; private set; }

    /// <inheritdoc/>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>False: what a graph gives of patches lies in no known space.</summary>
    public bool HasImageTokens => false;

    /// <inheritdoc/>
    public void EmbedImages(int count, ImageReader read, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(write);
        if (tokens) throw new NotSupportedException(
            "An ONNX encoder gives features of whole images, and none of patches in the same space.");
        int side = Preprocessing.ImageSize, image = 3 * side * side, batch = OnnxGraph.BatchOf(_pixels) ?? batchSize ?? _batch;
        ImageBatches.Run(count, image, batch, read, Compute, cancellation);

        void Compute(int start, ReadOnlyMemory<byte> rgb)
        {
            int rows = rgb.Length / image;
            Tensor? features = null;
            Run(rgb.Span, rows,
                (row, values) => values.CopyTo((features ??= new Tensor(rows, values.Length)).Span[(row * values.Length)..]));
            write(new EmbeddedBatch(start, features!));
        }
    }

    /// <summary>Lets go of the model.</summary>
    public void Dispose() => _graph.Session.Dispose();

    private void Run(ReadOnlySpan<byte> rgb, int rows, OnnxFeatures.RowWriter write)
    {
        // A graph of a fixed batch gets black pictures behind the real ones.
        int side = Preprocessing.ImageSize, batch = OnnxGraph.BatchOf(_pixels) ?? rows;
        var pixels = new Tensor(batch, 3, side, side);
        Preprocessing.Normalize(rows == batch ? rgb : Padded(rgb, pixels.Length), pixels);
        using var inputs = new OnnxInputs();
        inputs.Add(_pixels, pixels.Span, batch, 3, side, side);

        // A graph of images and texts also needs a text: give it one of a few tokens, and ignore its features.
        if (_graph.Ids is not null) OnnxTokens.AddPlaceholder(inputs, _graph);
        string where = $"{_graph.Session.Path}: output {_output.Name}";
        _graph.Session.Run(inputs, _output.Name,
            (values, sizes) => OnnxFeatures.Read(values, sizes, _pooling, [], rows, Width, write, where));
    }

    // Settings alone may leave the size to a graph that fixes it.
    private static ImagePreprocessing ReadPreprocessing(string path, OnnxValueInfo pixels, OnnxModelFolder folder, OnnxOptions options)
    {
        if (options.Preprocessing is not { } settings) return ImagePreprocessing.ReadFolder(folder.Folder);
        var basis = ImagePreprocessing.IsIn(folder.Folder) ? ImagePreprocessing.ReadFolder(folder.Folder) : null;
        if (basis is null && settings.ImageSize is null && pixels.Size(2) is > 0 and var side && pixels.Size(3) == side)
            settings = settings with { ImageSize = side };
        return settings.Complete(basis, path);
    }

    private static byte[] Padded(ReadOnlySpan<byte> rgb, int length)
    {
        var padded = new byte[length];
        rgb.CopyTo(padded);
        return padded;
    }

    private static (OnnxValueInfo Output, OnnxPooling Pooling) Choose(OnnxGraph graph, OnnxModelFolder folder, OnnxOptions options)
    {
        var pooling = options.Pooling;
        if (options.ImageOutput is { } name)
            return (graph.Named(name), pooling is OnnxPooling.Auto or OnnxPooling.Pooler ? OnnxPooling.Cls : pooling);
        if (graph.Output("image_embeds", "image_features") is { } embeds) return (embeds, OnnxPooling.Auto);
        if (folder.ModelType is "clip" or "chinese_clip")
            throw new InputException($"{graph.Session.Path}: it has no output image_embeds, so the projection into the text space is "
                + "missing; export it with the projection, or name the output that you want");
        if (pooling is OnnxPooling.Auto or OnnxPooling.Pooler && graph.Output("pooler_output") is { } pooled
            && (pooling == OnnxPooling.Pooler || folder.ModelType is not ("vit" or "deit"))) return (pooled, OnnxPooling.Auto);
        if (pooling is OnnxPooling.Auto && graph.Only(2) is { } only) return (only, OnnxPooling.Auto);

        // A ViT's class token: DINOv2's feature. Its pooler, where it has one, is an untrained or a classifier's layer.
        if ((graph.Output("last_hidden_state") ?? graph.Only(3)) is { } tokens
            && (pooling is not (OnnxPooling.Auto or OnnxPooling.Pooler) || folder.ModelType is "vit" or "deit"
                || folder.ModelType.StartsWith("dinov", StringComparison.Ordinal)))
            return (tokens, pooling is OnnxPooling.Auto ? OnnxPooling.Cls : pooling);
        throw graph.NoOutput("images");
    }
}
