using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>A frozen encoder of images: what embedding needs to know of one, be it computed here or by another runtime.</summary>
public interface IImageEncoder
{
    /// <summary>The width of the features.</summary>
    int Width { get; }

    /// <summary>How pictures are prepared: <see cref="ImagePreprocessing.Fit"/> makes of any picture what the readers below hand
    /// over.</summary>
    ImagePreprocessing Preprocessing { get; }

    /// <summary>Whether it gives features of an image's patches too, in the space of the images'.</summary>
    bool HasImageTokens { get; }

    /// <summary>Features of images, and of their patches where wanted, batch by batch: for sets larger than memory.</summary>
    /// <param name="count">The number of images N.</param>
    /// <param name="read">
    /// Writes image i, 8-bit interleaved RGB of <see cref="Preprocessing"/>'s size S, into a span of S S 3 bytes. Called on another
    /// thread, in order and never twice at once; what it throws is thrown here.
    /// </param>
    /// <param name="tokens">Whether the patches' features are wanted too.</param>
    /// <param name="write">Takes each batch, in order.</param>
    /// <param name="batchSize">Images in a batch, at least 1; null chooses by the model's size.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="NotSupportedException">Patches were asked of an encoder that gives none (<see cref="HasImageTokens"/>).</exception>
    void EmbedImages(int count, ImageReader read, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default);
}
