namespace CsAligner.Data.Datasets.Features;

/// <summary>The metadata of a row of features.</summary>
/// <param name="Key">The key; null if the metadata have none.</param>
/// <param name="Caption">The caption; null if there is none.</param>
/// <param name="Problem">Why they cannot be read, and where; null if they can.</param>
internal readonly record struct MetadataRow(string? Key, string? Caption, string? Problem = null);
