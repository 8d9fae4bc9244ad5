namespace CsAligner.Benchmarks.Embed;

/// <summary>Batches of this many images, embedded one after the other on this many threads.</summary>
internal sealed record EmbedCase(int Batch, int Threads);
