namespace CsAligner.Retrieval;

/// <summary>Two rows of a <see cref="MixedIndex"/> that are nearly the same.</summary>
/// <param name="First">The lower row; images come before texts.</param>
/// <param name="Second">The other.</param>
/// <param name="Score">Their cosine, rounded from float64.</param>
public readonly record struct SimilarPair(MixedRow First, MixedRow Second, float Score);
