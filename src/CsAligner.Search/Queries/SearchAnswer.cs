namespace CsAligner.Search.Queries;

/// <summary>What was found.</summary>
/// <param name="Hits">Best first; equal scores go to the lower id, by the bytes of UTF-8.</param>
/// <param name="Exact">Whether every item was compared. If not, some of the best may be missing.</param>
/// <param name="Partial">Whether a part of the index did not answer, so that its items are missing.</param>
public sealed record SearchAnswer(IReadOnlyList<SearchHit> Hits, bool Exact, bool Partial = false);
