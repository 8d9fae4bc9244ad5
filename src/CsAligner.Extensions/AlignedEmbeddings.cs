using CsAligner.Adapters;
using CsAligner.Tensors;
using Microsoft.Extensions.AI;

namespace CsAligner.Extensions;

/// <summary>Shared by both generators: maps an encoder's rows through the adapter into embeddings, and holds the metadata.</summary>
internal sealed class AlignedEmbeddings
{
    private const string Provider = "csaligner";

    private readonly Adapter? _adapter;

    /// <param name="width">Of the encoder's features.</param>
    /// <param name="adapter">Maps them into the aligned space; null leaves them.</param>
    /// <param name="modelId">The model's name; may be null.</param>
    /// <exception cref="InputException">The adapter takes features of another width, or tokens.</exception>
    public AlignedEmbeddings(int width, Adapter? adapter, string? modelId)
    {
        if (adapter is not null && adapter.InputWidth != width)
            throw new InputException(
                $"the adapter maps features of {adapter.InputWidth} values, the encoder '{modelId}' gives {width}; give "
                + "the adapter that was trained on this encoder, for this modality");
        _adapter = adapter;
        Metadata = new EmbeddingGeneratorMetadata(Provider, providerUri: null, modelId, adapter?.OutputWidth ?? width);
    }

    public EmbeddingGeneratorMetadata Metadata { get; }

    /// <summary>Refuses what cannot be given: better than another vector than was asked for.</summary>
    public static void Check(EmbeddingGeneratorMetadata metadata, EmbeddingGenerationOptions? options)
    {
        if (options?.Dimensions is { } dimensions && dimensions != metadata.DefaultModelDimensions)
            throw new NotSupportedException($"{dimensions} dimensions were requested; '{metadata.DefaultModelId}' "
                + $"gives {metadata.DefaultModelDimensions}. Leave Dimensions out.");
        if (options?.ModelId is { } model && model != metadata.DefaultModelId)
            throw new NotSupportedException(
                $"The model '{model}' was requested; this generator is '{metadata.DefaultModelId}'. Do not set ModelId.");
    }

    /// <summary>[N, D] of the encoder to N embeddings of unit length.</summary>
    public GeneratedEmbeddings<Embedding<float>> Make(Tensor features)
    {
        var rows = features.Rows == 0 || _adapter is null ? features : _adapter.Apply(features);
        var now = DateTimeOffset.UtcNow;
        var result = new GeneratedEmbeddings<Embedding<float>>(rows.Rows);
        for (int i = 0; i < rows.Rows; i++)
            result.Add(new Embedding<float>(rows.Span.Slice(i * rows.Width, rows.Width).ToArray())
            {
                CreatedAt = now,
                ModelId = Metadata.DefaultModelId
            });
        return result;
    }

    /// <summary>The first of these that is of a type, where no key was given.</summary>
    public object? Find(Type type, object? key, params ReadOnlySpan<object?> candidates)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (key is not null) return null;
        if (type == typeof(EmbeddingGeneratorMetadata)) return Metadata;
        if (type == typeof(Adapter)) return _adapter;
        foreach (object? candidate in candidates)
            if (type.IsInstanceOfType(candidate)) return candidate;
        return null;
    }
}
