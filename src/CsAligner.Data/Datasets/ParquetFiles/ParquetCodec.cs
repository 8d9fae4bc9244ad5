namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>How parquet compresses pages.</summary>
internal enum ParquetCodec
{
    Uncompressed,
    Snappy,
    Gzip,
    Lzo,
    Brotli,
    Lz4,
    Zstd,
    Lz4Raw,
}
