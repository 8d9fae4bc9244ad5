namespace CsAligner.Benchmarks.Topk;

/// <summary>Medians in seconds; ratios are the medians of the rounds' ratios, above 1 where ours is faster.</summary>
/// <param name="Case">What was searched.</param>
/// <param name="Seconds">Ours.</param>
/// <param name="PeerSeconds">faiss.</param>
/// <param name="ProductSeconds">NumPy's matrix product alone, nothing selected.</param>
/// <param name="Ratio">faiss against ours.</param>
/// <param name="ProductRatio">The product alone against ours.</param>
/// <param name="PeakBytes">Rise of the resident memory's peak during our searches, the result included.</param>
/// <param name="Differences">Places of all Q x K where the two name different rows: near-ties, which faiss settles in float32.</param>
internal sealed record TopkResult(
    TopkCase Case, double Seconds, double PeerSeconds, double ProductSeconds, double Ratio, double ProductRatio, long PeakBytes,
    int Differences);
