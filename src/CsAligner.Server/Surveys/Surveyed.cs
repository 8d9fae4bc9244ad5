using CsAligner.Search.Surveys;

namespace CsAligner.Server.Surveys;

/// <summary>What a look through the index gave.</summary>
/// <param name="Survey">Counts, attributes and samples.</param>
/// <param name="Map">The samples as a picture.</param>
/// <param name="At">When it was done.</param>
internal sealed record Surveyed(IndexSurvey Survey, SpaceMap Map, DateTimeOffset At);
