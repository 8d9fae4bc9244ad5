using CsAligner.Models;

namespace CsAligner.Data.Embedding;

/// <summary>The encoders of a run.</summary>
/// <param name="Name">The model's name in the feature set.</param>
/// <param name="Fingerprint">Identifies the model: a hash of its files.</param>
/// <param name="Images">Embeds images; null if the model does not.</param>
/// <param name="Texts">Embeds texts; null if the model does not.</param>
public sealed record EmbeddingEncoders(string Name, string Fingerprint, IImageEncoder? Images, ITextEncoder? Texts);
