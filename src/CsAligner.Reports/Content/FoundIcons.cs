namespace CsAligner.Reports.Content;

/// <summary>The first icons found for a query, best first, and the rank (from 1) of the right one, wherever it is.</summary>
internal sealed record FoundIcons(IReadOnlyList<FoundIcon> Icons, int RankOfRight);
