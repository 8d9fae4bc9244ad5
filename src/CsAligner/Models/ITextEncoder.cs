using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>A frozen encoder of texts: what embedding needs to know of one, be it a CLIP's text tower or a sentence encoder.</summary>
public interface ITextEncoder
{
    /// <summary>The width of the features.</summary>
    int Width { get; }

    /// <summary>Features of texts.</summary>
    /// <param name="texts">The texts; longer ones than the encoder's context are cut.</param>
    /// <param name="done">Called after each batch with the number of texts so far.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>[N, <see cref="Width"/>], rows of unit length, in the order of the texts.</returns>
    Tensor EmbedTexts(IReadOnlyList<string> texts, Action<int>? done = null, CancellationToken cancellation = default);
}
