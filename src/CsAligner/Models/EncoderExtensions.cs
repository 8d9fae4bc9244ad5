using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>Features of sets that fit into memory, by any encoder.</summary>
public static class EncoderExtensions
{
    /// <summary>Features of images.</summary>
    /// <param name="encoder">Any encoder of images.</param>
    /// <param name="count">The number of images N.</param>
    /// <param name="read">
    /// Writes image i, 8-bit interleaved RGB of the <see cref="IImageEncoder.Preprocessing"/>'s size S, into a span of S S 3 bytes.
    /// Called on another thread, in order and never twice at once; what it throws is thrown here.
    /// </param>
    /// <param name="done">Called after each batch with the number of images so far; may be null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>[N, <see cref="IImageEncoder.Width"/>], rows of unit length, in the order of the images.</returns>
    public static Tensor EmbedImages(this IImageEncoder encoder, int count, ImageReader read, Action<int>? done = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var features = new Tensor(count, encoder.Width);
        encoder.EmbedImages(count, read, tokens: false, CollectInto(features, done), null, cancellation);
        return features;
    }

    /// <summary>Features of texts.</summary>
    /// <param name="encoder">Any encoder of texts.</param>
    /// <param name="texts">The texts; longer ones than the encoder's context are cut.</param>
    /// <param name="done">Called after each batch with the number of texts so far; may be null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>[N, <see cref="ITextEncoder.Width"/>], rows of unit length, in the order of the texts.</returns>
    public static Tensor EmbedTexts(this ITextEncoder encoder, IReadOnlyList<string> texts, Action<int>? done = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(texts);
        var features = new Tensor(texts.Count, encoder.Width);
        try
        {
            encoder.EmbedTexts(texts, tokens: false, CollectInto(features, done), null, cancellation);
        }
        catch (UnusableFeaturesException failure)
        {
            throw failure.Of($"the text '{texts[failure.Sample]}'");
        }

        return features;
    }

    private static Action<EmbeddedBatch> CollectInto(Tensor features, Action<int>? done) => batch =>
    {
        batch.Features.Span.CopyTo(features.Span[(batch.First * features.Width)..]);
        done?.Invoke(batch.First + batch.Features.Rows);
    };
}
