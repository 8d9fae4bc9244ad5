namespace CsAligner.Retrieval;

/// <summary>What one query found in a <see cref="MixedIndex"/>.</summary>
/// <param name="Matches">Both kinds in one list, best first.</param>
/// <param name="ImageCutoff">The lowest score for images; null if there is none.</param>
/// <param name="TextCutoff">The lowest score for texts; null if there is none.</param>
public sealed record MixedMatches(IReadOnlyList<MixedMatch> Matches, double? ImageCutoff, double? TextCutoff);
