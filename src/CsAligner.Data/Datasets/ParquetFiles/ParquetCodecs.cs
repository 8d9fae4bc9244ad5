using System.IO.Compression;
using K4os.Compression.LZ4;
using Snappier;
using ZstdSharp;

namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>Decompresses pages.</summary>
internal static class ParquetCodecs
{
    /// <summary>A page's bytes: as many as it says that it has, whatever is in it.</summary>
    /// <exception cref="InvalidDataException">It does not have so many, is damaged, or compressed in a way that nobody uses any more.</exception>
    public static byte[] Decompress(this ParquetCodec codec, ReadOnlyMemory<byte> page, int length)
    {
        if (codec is not (ParquetCodec.Uncompressed or ParquetCodec.Snappy or ParquetCodec.Gzip or ParquetCodec.Brotli or ParquetCodec.Zstd or ParquetCodec.Lz4Raw))
            throw new InvalidDataException($"it is compressed with {codec}; write it anew with snappy, zstd or gzip");
        byte[] result = new byte[length];
        Exception? cause = null;
        try
        {
            if (Decompress(codec, page, result) == length) return result;
        }
#pragma warning disable CA1031 // Each library throws its own.
        catch (Exception failure) when (failure is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            cause = failure;
        }

        throw new InvalidDataException($"a page is damaged: its {page.Length} bytes do not decompress ({codec}) to the {length} that it states", cause);
    }

    private static int Decompress(ParquetCodec codec, ReadOnlyMemory<byte> page, byte[] result) => codec switch
    {
        ParquetCodec.Snappy => Snappy.TryDecompress(page.Span, result, out int written) ? written : -1,
        ParquetCodec.Gzip => Gzip(page, result),
        ParquetCodec.Brotli => BrotliDecoder.TryDecompress(page.Span, result, out int written) ? written : -1,
        ParquetCodec.Zstd => Zstd(page.Span, result),
        ParquetCodec.Lz4Raw => LZ4Codec.Decode(page.Span, result),
        _ => page.Span.TryCopyTo(result) ? page.Length : -1,
    };

    private static int Gzip(ReadOnlyMemory<byte> page, byte[] result)
    {
        using var gzip = new GZipStream(new MemoryStream(page.ToArray()), CompressionMode.Decompress);
        int count = gzip.ReadAtLeast(result, result.Length, throwOnEndOfStream: false);
        return gzip.ReadByte() < 0 ? count : -1;
    }

    private static int Zstd(ReadOnlySpan<byte> page, byte[] result)
    {
        using var zstd = new Decompressor();
        return zstd.TryUnwrap(page, result, out int written) ? written : -1;
    }
}
