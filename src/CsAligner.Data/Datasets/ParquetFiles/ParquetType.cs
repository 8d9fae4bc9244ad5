namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>How parquet stores a column's values.</summary>
internal enum ParquetType
{
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    ByteArray,
    FixedLengthByteArray,
}
