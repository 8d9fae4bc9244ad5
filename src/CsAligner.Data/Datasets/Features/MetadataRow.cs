namespace CsAligner.Data.Datasets.Features;

/// <summary>What the metadata say of a row of features.</summary>
/// <param name="Key">What it is called; null where they do not say.</param>
/// <param name="Caption">Its caption; null where there is none.</param>
/// <param name="Problem">Why they cannot be read, and where; null where they can.</param>
internal readonly record struct MetadataRow(string? Key, string? Caption, string? Problem = null);
