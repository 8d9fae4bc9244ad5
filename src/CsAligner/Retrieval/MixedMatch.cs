namespace CsAligner.Retrieval;

/// <summary>A row that a query found.</summary>
/// <param name="Row">The row.</param>
/// <param name="Score">Its cosine with the query, rounded from float64.</param>
public readonly record struct MixedMatch(MixedRow Row, float Score);
