using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>A frozen encoder of texts: what embedding needs to know of one, be it a CLIP's text tower or a sentence encoder.</summary>
public interface ITextEncoder
{
    /// <summary>The width of the features.</summary>
    int Width { get; }

    /// <summary>Whether it gives features of a text's words too, in the space of the texts'.</summary>
    bool HasTextTokens { get; }

    /// <summary>Features of texts, and of their words where wanted, batch by batch: for sets larger than memory.</summary>
    /// <param name="texts">The texts; longer ones than the encoder's context are cut.</param>
    /// <param name="tokens">Whether the words' features are wanted too, in the space of the texts'.</param>
    /// <param name="write">Takes each batch, in order.</param>
    /// <param name="batchSize">Texts in a batch, at least 1; null chooses by their length.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="NotSupportedException">Words were asked of an encoder that gives none (<see cref="HasTextTokens"/>).</exception>
    void EmbedTexts(IReadOnlyList<string> texts, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default);
}
