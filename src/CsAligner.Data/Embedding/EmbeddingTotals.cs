namespace CsAligner.Data.Embedding;

/// <summary>The totals over several shards.</summary>
/// <param name="Samples">Samples read, bad ones too.</param>
/// <param name="Bad">Bad ones among them.</param>
/// <param name="Images">Image rows.</param>
/// <param name="Texts">Text rows.</param>
/// <param name="ImageTokens">Tokens of images.</param>
/// <param name="TextTokens">Tokens of texts.</param>
/// <param name="HasPairs">Whether texts are not row for row with images.</param>
public sealed record EmbeddingTotals(long Samples, long Bad, long Images, long Texts, long ImageTokens, long TextTokens, bool HasPairs);
