namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>A column's values of a row group: pages one after the other.</summary>
/// <param name="Codec">How they are compressed.</param>
/// <param name="Start">The first page's first byte in the file.</param>
/// <param name="End">Behind the last page.</param>
internal sealed record ParquetChunk(ParquetCodec Codec, long Start, long End);
