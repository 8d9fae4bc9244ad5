using CsAligner.Adapters;
using CsAligner.Onnx;
using CsAligner.Tensors;

namespace CsAligner.Extensions;

/// <summary>The encoders and adapters that the options name, read when they are first asked for and kept until the container
/// goes.</summary>
internal sealed class CsAlignerModels(CsAlignerOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private FrozenEncoders? _images, _texts;

    public ImageEmbeddingGenerator Images()
    {
        var model = Model();
        var encoder = model.Images
            ?? throw new InputException($"'{options.Model}' embeds only texts; name a model that takes images, such as a CLIP");
        return new ImageEmbeddingGenerator(encoder, ReadAdapter("image-adapter.safetensors"), model.Name, options.Transparency);
    }

    public TextEmbeddingGenerator Texts()
    {
        var model = TextModel();
        var encoder = model.Texts
            ?? throw new InputException(
                $"'{options.TextModel ?? options.Model}' embeds only images; also name a text model (TextModel)");
        return new TextEmbeddingGenerator(encoder, ReadAdapter("text-adapter.safetensors"), model.Name);
    }

    public void Dispose()
    {
        _images?.Dispose();
        _texts?.Dispose();
    }

    private FrozenEncoders Model()
    {
        lock (_gate) return _images ??= FrozenEncoders.Load(options.Model, options.Onnx);
    }

    private FrozenEncoders TextModel()
    {
        if (options.TextModel is not { } path) return Model();
        lock (_gate) return _texts ??= FrozenEncoders.Load(path, options.Onnx);
    }

    private Adapter? ReadAdapter(string file) =>
        options.Alignment is { } folder ? Adapter.Load(Path.Combine(folder, file), options.AdapterKinds) : null;
}
