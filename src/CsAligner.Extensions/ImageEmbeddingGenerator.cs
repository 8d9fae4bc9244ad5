using CsAligner.Adapters;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;
using Microsoft.Extensions.AI;

namespace CsAligner.Extensions;

/// <summary>
/// An encoder of images, and the adapter that aligned it, as Microsoft.Extensions.AI's embedding generator. It takes PNG, JPEG and WebP
/// files. Embeddings have unit length. Several calls may run at once.
/// </summary>
public sealed class ImageEmbeddingGenerator : IEmbeddingGenerator<DataContent, Embedding<float>>
{
    private readonly IImageEncoder _encoder;
    private readonly AlignedEmbeddings _embeddings;
    private readonly Transparency _transparency;

    /// <summary>A generator. It does not own the encoder.</summary>
    /// <param name="encoder">A CLIP's or an ONNX model's.</param>
    /// <param name="adapter">What <c>align</c> wrote for images (image-adapter.safetensors); null gives the encoder's own space.</param>
    /// <param name="modelId">The model's name in metadata; may be null.</param>
    /// <param name="transparency">How transparency is handled.</param>
    /// <exception cref="InputException">The adapter takes features of another width.</exception>
    public ImageEmbeddingGenerator(IImageEncoder encoder, Adapter? adapter = null, string? modelId = null,
        Transparency transparency = Transparency.White)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        (_encoder, _transparency, _embeddings) = (encoder, transparency, new AlignedEmbeddings(encoder.Width, adapter, modelId));
    }

    /// <summary>Provider, model and width.</summary>
    public EmbeddingGeneratorMetadata Metadata => _embeddings.Metadata;

    /// <summary>Decodes and embeds images, on the thread pool.</summary>
    /// <param name="values">Images; the format is recognised from the bytes, not the media type.</param>
    /// <param name="options">Dimensions and ModelId must be this generator's, where they are given.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>An embedding for each image, in their order.</returns>
    /// <exception cref="InputException">One cannot be decoded; the image is named or counted, from 0.</exception>
    /// <exception cref="NotSupportedException">Other dimensions or another model were asked for.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<DataContent> values,
        EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        AlignedEmbeddings.Check(Metadata, options);
        DataContent[] images = [.. values];
        if (images.Any(image => image is null)) throw new ArgumentException("One of the images is null.", nameof(values));
        return Task.Run(() => _embeddings.Make(_encoder.EmbedImages(images.Length, Read, null, cancellationToken)), cancellationToken);

        void Read(int index, Span<byte> rgb)
        {
            var picture =
                ImageDecoder.Decode(images[index].Data.Span, images[index].Name is { Length: > 0 } name ? name : $"image {index}",
                    _transparency);
            _encoder.Preprocessing.Fit(picture.Pixels, picture.Width, picture.Height, rgb);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => _embeddings.Find(serviceType, serviceKey, this, _encoder);

    /// <summary>Does nothing: the encoder belongs to whoever made it.</summary>
    public void Dispose()
    {
    }
}
