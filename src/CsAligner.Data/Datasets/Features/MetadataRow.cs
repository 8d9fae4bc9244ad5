namespace CsAligner.Data.Datasets.Features;

/// <summary>What the metadata say of a row of features.</summary>
/// <param name="Key">What it is called; null if they do not say.</param>
/// <param name="Caption">Its caption; null if there is none.</param>
/// <param name="Problem">Why they cannot be read, and where; null if they can.</param>
internal readonly record struct MetadataRow(string? Key, string? Caption, string? Problem = null);
