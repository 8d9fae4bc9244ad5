using CsAligner.Models;

namespace CsAligner.Data.Embedding;

/// <summary>The encoders of a run.</summary>
/// <param name="Name">What the feature set calls the model.</param>
/// <param name="Fingerprint">What tells it from others: a hash of its files.</param>
/// <param name="Images">Embeds images; null if the model does not.</param>
/// <param name="Texts">Embeds texts; null if the model does not.</param>
public sealed record EmbeddingEncoders(string Name, string Fingerprint, IImageEncoder? Images, ITextEncoder? Texts);
