namespace CsAligner.Retrieval;

/// <summary>The pairs that <see cref="MixedIndex.FindDuplicates"/> found.</summary>
/// <param name="Total">How many there are, also those not listed.</param>
/// <param name="Best">The most similar, best first; equal scores in the order of their rows.</param>
public sealed record SimilarPairs(long Total, IReadOnlyList<SimilarPair> Best);
