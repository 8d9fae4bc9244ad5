namespace CsAligner.Data.Datasets.WebDatasets;

/// <summary>A file within a tar archive.</summary>
/// <param name="Name">Its path, as the archive has it.</param>
/// <param name="Offset">Where its data begins in the archive.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
internal readonly record struct TarMember(string Name, long Offset, long Length, string? Problem);
