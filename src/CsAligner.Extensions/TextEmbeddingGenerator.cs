using CsAligner.Adapters;
using CsAligner.Models;
using CsAligner.Tensors;
using Microsoft.Extensions.AI;

namespace CsAligner.Extensions;

/// <summary>
/// An encoder of texts, and the adapter that aligned it, as Microsoft.Extensions.AI's embedding generator. Embeddings have unit length:
/// their dot product with an <see cref="ImageEmbeddingGenerator"/>'s is the cosine. Several calls may run at once.
/// </summary>
public sealed class TextEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly ITextEncoder _encoder;
    private readonly AlignedEmbeddings _embeddings;

    /// <summary>A generator. It does not own the encoder.</summary>
    /// <param name="encoder">A CLIP's, an ONNX model's or a sentence encoder's.</param>
    /// <param name="adapter">What <c>align</c> wrote for texts (text-adapter.safetensors); null gives the encoder's own space.</param>
    /// <param name="modelId">The model's name in metadata; may be null.</param>
    /// <exception cref="InputException">The adapter takes features of another width.</exception>
    public TextEmbeddingGenerator(ITextEncoder encoder, Adapter? adapter = null, string? modelId = null)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        (_encoder, _embeddings) = (encoder, new AlignedEmbeddings(encoder.Width, adapter, modelId));
    }

    /// <summary>Provider, model and width.</summary>
    public EmbeddingGeneratorMetadata Metadata => _embeddings.Metadata;

    /// <summary>Embeds texts, on the thread pool.</summary>
    /// <param name="values">Any texts; longer ones than the encoder's context are cut.</param>
    /// <param name="options">Dimensions and ModelId must be this generator's, where they are given.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>An embedding for each text, in their order.</returns>
    /// <exception cref="NotSupportedException">Other dimensions or another model were asked for.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        AlignedEmbeddings.Check(Metadata, options);
        string[] texts = [.. values];
        if (texts.Any(text => text is null)) throw new ArgumentException("One of the texts is null.", nameof(values));
        return Task.Run(() => _embeddings.Make(_encoder.EmbedTexts(texts, null, cancellationToken)), cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => _embeddings.Find(serviceType, serviceKey, this, _encoder);

    /// <summary>Does nothing: the encoder belongs to whoever made it.</summary>
    public void Dispose()
    {
    }
}
