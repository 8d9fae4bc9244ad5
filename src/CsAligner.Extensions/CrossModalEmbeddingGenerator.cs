using CsAligner.Adapters;
using CsAligner.Tensors;
using Microsoft.Extensions.AI;

namespace CsAligner.Extensions;

/// <summary>
/// Texts and images in one space by one generator of Microsoft.Extensions.AI: of <see cref="string"/>, and of <see cref="AIContent"/>
/// (<see cref="TextContent"/> and <see cref="DataContent"/>, mixed as they come). A vector store that is given it finds images by texts,
/// texts by images, and each by its own kind.
/// </summary>
public sealed class CrossModalEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>,
    IEmbeddingGenerator<AIContent, Embedding<float>>
{
    private readonly TextEmbeddingGenerator _texts;
    private readonly ImageEmbeddingGenerator _images;

    /// <summary>Joins two generators. It does not own them.</summary>
    /// <param name="images">Embeds images, with the adapter that <c>align</c> wrote for them.</param>
    /// <param name="texts">Embeds texts, with the adapter of the same run.</param>
    /// <exception cref="InputException">Their embeddings have different widths.</exception>
    public CrossModalEmbeddingGenerator(ImageEmbeddingGenerator images, TextEmbeddingGenerator texts)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        (_images, _texts) = (images, texts);
        var (ofImages, ofTexts) = (images.Metadata, texts.Metadata);
        if (ofImages.DefaultModelDimensions != ofTexts.DefaultModelDimensions)
            throw new InputException($"images have embeddings of {ofImages.DefaultModelDimensions} values, texts "
                + $"of {ofTexts.DefaultModelDimensions}, so they are not in one space; give both the adapters of one run of align");
        string? model = ofImages.DefaultModelId == ofTexts.DefaultModelId || ofTexts.DefaultModelId is null
            ? ofImages.DefaultModelId
            : $"{ofImages.DefaultModelId} and {ofTexts.DefaultModelId}";
        Metadata = new EmbeddingGeneratorMetadata(ofImages.ProviderName, ofImages.ProviderUri, model, ofImages.DefaultModelDimensions);
    }

    /// <summary>Provider, the models' names, and the width.</summary>
    public EmbeddingGeneratorMetadata Metadata { get; }

    /// <summary>Embeds texts, on the thread pool.</summary>
    /// <param name="values">Any texts; longer ones than the encoder's context are cut.</param>
    /// <param name="options">Dimensions and ModelId must be this generator's, where they are given.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>An embedding for each text, in their order.</returns>
    /// <exception cref="NotSupportedException">Other dimensions or another model were asked for.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        AlignedEmbeddings.Check(Metadata, options);
        return _texts.GenerateAsync(values, null, cancellationToken);
    }

    /// <summary>Embeds texts and images, on the thread pool.</summary>
    /// <param name="values"><see cref="TextContent"/>, and <see cref="DataContent"/> that holds a picture.</param>
    /// <param name="options">Dimensions and ModelId must be this generator's, where they are given.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>An embedding for each, in their order.</returns>
    /// <exception cref="InputException">A picture cannot be decoded; it is named, or counted among the pictures, from 0.</exception>
    /// <exception cref="NotSupportedException">A value is neither; other dimensions or another model were asked for.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<AIContent> values,
        EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        AlignedEmbeddings.Check(Metadata, options);
        AIContent[] contents = [.. values];
        if (contents.FirstOrDefault(content => content is not (TextContent or DataContent)) is { } other)
            throw new NotSupportedException($"{other.GetType().Name} cannot be embedded; give TextContent or DataContent. What an address "
                + "names is never fetched: load it first.");
        if (contents.Any(content => content is null)) throw new ArgumentException("One of the values is null.", nameof(values));
        var texts = await _texts.GenerateAsync(contents.OfType<TextContent>().Select(content => content.Text), null, cancellationToken);
        var images = await _images.GenerateAsync(contents.OfType<DataContent>(), null, cancellationToken);
        int text = 0, image = 0;
        return [.. contents.Select(content => content is TextContent ? texts[text++] : images[image++])];
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return Metadata;

        // There are two adapters: neither is the one that is meant.
        if (serviceType == typeof(Adapter)) return null;
        return serviceType.IsInstanceOfType(this) ? this : _images.GetService(serviceType) ?? _texts.GetService(serviceType);
    }

    /// <summary>Does nothing: the generators belong to whoever made them.</summary>
    public void Dispose()
    {
    }
}
