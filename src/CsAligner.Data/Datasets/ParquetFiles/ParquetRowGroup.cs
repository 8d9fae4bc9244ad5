namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>Rows that are stored together, column by column.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Chunks">Where the columns asked for are, in their order.</param>
internal sealed record ParquetRowGroup(long Rows, IReadOnlyList<ParquetChunk> Chunks);
