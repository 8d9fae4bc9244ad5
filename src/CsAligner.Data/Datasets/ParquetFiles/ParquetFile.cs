using System.Buffers.Binary;
using System.Text;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>
/// Some columns of a parquet file as texts, any rows of them, a page at a time. Where pages are is read here, and what is absurd
/// refused; their values are decoded by Parquet.Net (<see cref="ParquetValues"/>), which trusts what it reads.
/// </summary>
internal sealed class ParquetFile
{
    private const int LongestFooter = 64 << 20;
    private const int LongestPageHeader = 16 << 20;
    private const int LongestPage = 128 << 20;
    private const int MostValuesOfPage = 1 << 22;
    private const int PlainDictionary = 2, Rle = 3, RleDictionary = 8;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly ParquetFooter _footer;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="choose">The columns to read, of those that it has.</param>
    /// <exception cref="InputException">It cannot be read, is damaged, or no parquet file.</exception>
    public ParquetFile(string path, Func<ParquetFooter, IReadOnlyList<ParquetColumn>> choose)
    {
        _path = path;
        _footer = Guarded(file => ReadFooter(file, choose));
    }

    /// <summary>How many rows it has.</summary>
    public long Rows => _footer.Rows;

    /// <summary>Rows of all columns asked for, each a text; null where there is no value.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many; all must be there.</param>
    /// <returns>Column by column.</returns>
    /// <exception cref="InputException">It cannot be read, or is damaged.</exception>
    public string?[][] Read(long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Rows - count);
        return Guarded(file =>
        {
            string?[][] texts = [.. _footer.Columns.Select(_ => new string?[count])];
            long start = 0;
            foreach (ParquetRowGroup group in _footer.RowGroups)
            {
                long from = Math.Max(first, start), to = Math.Min(first + count, start + group.Rows);
                for (int i = 0; i < texts.Length && from < to; i++)
                    ReadChunk(file, i, group, from - start, texts[i].AsSpan((int)(from - first), (int)(to - from)));
                start += group.Rows;
            }

            return texts;
        });
    }

    private static ParquetFooter ReadFooter(SafeFileHandle file, Func<ParquetFooter, IReadOnlyList<ParquetColumn>> choose)
    {
        long length = RandomAccess.GetLength(file);
        if (length < 12) throw new InvalidDataException($"it has {length} bytes, a parquet file has 12 at least");
        byte[] ends = [.. ReadBytes(file, 0, 4), .. ReadBytes(file, length - 8, 8)];
        if (ends.AsSpan(8).SequenceEqual("PARE"u8)) throw new InvalidDataException("it is encrypted; write it without");
        if (!ends.AsSpan(0, 4).SequenceEqual("PAR1"u8) || !ends.AsSpan(8).SequenceEqual("PAR1"u8)) throw new InvalidDataException("it does not begin and end as a parquet file does; it is none, or cut off");
        int size = BinaryPrimitives.ReadInt32LittleEndian(ends.AsSpan(4));
        if (size < 0 || size > Math.Min(LongestFooter, length - 12)) throw new InvalidDataException($"what it says of itself has {size} bytes, of {length - 12} that there are (at most {LongestFooter} are read)");
        return new ParquetFooter(ReadBytes(file, length - 8 - size, size), length - 8 - size, choose);
    }

    // Fills in rows of a column from a row of the group on.
    private void ReadChunk(SafeFileHandle file, int index, ParquetRowGroup group, long first, Span<string?> texts)
    {
        (ParquetColumn column, ParquetChunk chunk) = (_footer.Columns[index], group.Chunks[index]);
        (byte[] Bytes, int Count)? dictionary = null;
        long at = chunk.Start, row = 0;
        while (row < first + texts.Length)
        {
            ParquetPage page = ReadHeader(file, ref at, chunk.End);
            if (page.StoredLength > chunk.End - at) throw new InvalidDataException($"a page of column '{ParquetFooter.Show(column.Name)}' ends behind the column");
            if (page.Length > LongestPage || page.Values > MostValuesOfPage) throw new InvalidDataException($"a page of column '{ParquetFooter.Show(column.Name)}' has {page.Length} bytes and {page.Values} values, {LongestPage} and {MostValuesOfPage} are read at most; write the file with smaller pages");
            long stored = at;
            at += page.StoredLength;
            if (page.Kind == ParquetPage.Dictionary)
            {
                dictionary = (chunk.Codec.Decompress(ReadBytes(file, stored, page.StoredLength), page.Length), page.Values);
                continue;
            }

            if (page.Kind is not (ParquetPage.Data or ParquetPage.DataOfVersion2)) continue;
            if (page.Values > group.Rows - row) throw new InvalidDataException($"column '{ParquetFooter.Show(column.Name)}' has more values than its {group.Rows} rows");
            long from = Math.Max(first, row), to = Math.Min(first + texts.Length, row + page.Values);
            if (from < to) Decode(column, chunk, page, ReadBytes(file, stored, page.StoredLength), dictionary, (int)(from - row), texts.Slice((int)(from - first), (int)(to - from)), from);
            row += page.Values;
        }
    }

    private static void Decode(ParquetColumn column, ParquetChunk chunk, ParquetPage page, byte[] stored, (byte[] Bytes, int Count)? dictionary, int first, Span<string?> texts, long row)
    {
        bool[]? has = null;
        ReadOnlyMemory<byte> values;
        if (page.Kind == ParquetPage.DataOfVersion2)
        {
            // Which rows have values stands before what is compressed.
            if (page.LevelBytes > Math.Min(stored.Length, page.Length)) throw new InvalidDataException("a page ends within what it says of its rows");
            if (column.IsOptional) has = Levels(stored.AsSpan(0, page.LevelBytes), page.Values);
            var codec = page.IsCompressed ? chunk.Codec : ParquetCodec.Uncompressed;
            values = codec.Decompress(stored.AsMemory(page.LevelBytes), page.Length - page.LevelBytes);
        }
        else
        {
            byte[] bytes = chunk.Codec.Decompress(stored, page.Length);
            int levels = 0;
            if (column.IsOptional)
            {
                if (page.LevelEncoding != Rle) throw new InvalidDataException($"it writes which rows have values in a way ({page.LevelEncoding}) that is not in use any more; write it anew");
                levels = bytes.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
                if (levels < 0 || levels > bytes.Length - 4) throw new InvalidDataException("a page ends within what it says of its rows");
                has = Levels(bytes.AsSpan(4, levels), page.Values);
                levels += 4;
            }

            values = bytes.AsMemory(levels);
        }

        int before = has is null ? first : has.AsSpan(0, first).Count(true);
        int count = has is null ? page.Values : has.AsSpan().Count(true);
        bool usesDictionary = page.Encoding is PlainDictionary or RleDictionary;
        if (usesDictionary && dictionary is null) throw new InvalidDataException("a page wants a dictionary, and there is none");
        Func<int, string> text = count == 0 ? _ => "" : ParquetValues.Decode(column, usesDictionary ? dictionary : null, page.Encoding, values.Span, count);
        for (int i = 0; i < texts.Length; i++)
        {
            if (has is not null && !has[first + i]) continue;
            try
            {
                texts[i] = text(before++);
            }
            catch (DecoderFallbackException failure)
            {
                throw new InvalidDataException($"row {row + i} of column '{ParquetFooter.Show(column.Name)}' is not UTF-8", failure);
            }
        }
    }

    // Of each row whether it has a value: runs of the same, and eights of bits.
    private static bool[] Levels(ReadOnlySpan<byte> bytes, int rows)
    {
        bool[] has = new bool[rows];
        for (int at = 0, done = 0; done < rows;)
        {
            uint head = 0;
            for (int shift = 0; ; shift += 7)
            {
                if (at == bytes.Length || shift > 28) throw new InvalidDataException("a page ends within what it says of its rows");
                head |= (uint)(bytes[at] & 0x7F) << shift;
                if (bytes[at++] < 0x80) break;
            }

            bool isRun = (head & 1) == 0;
            long rowsOf = isRun ? head >> 1 : 8L * (head >> 1);
            int count = (int)Math.Min(rowsOf, rows - done), taken = isRun ? 1 : (count + 7) / 8;
            if (taken > bytes.Length - at) throw new InvalidDataException("a page ends within what it says of its rows");
            if (isRun && bytes[at] > 1) throw new InvalidDataException("a page says of rows what there is not to say");
            for (int i = 0; i < count; i++) has[done + i] = isRun ? bytes[at] == 1 : (bytes[at + (i / 8)] >> (i % 8) & 1) != 0;
            (at, done) = (at + taken, done + count);
        }

        return has;
    }

    private static ParquetPage ReadHeader(SafeFileHandle file, ref long at, long end)
    {
        // How long it is, it alone knows: most have tens of bytes, those that quote long texts more.
        for (int length = 256; ; length *= 4)
        {
            int there = (int)Math.Min(length, end - at);
            if (there <= 0) throw new EndOfStreamException();
            var reader = new ThriftReader(ReadBytes(file, at, there));
            try
            {
                ParquetPage page = ParquetPage.Read(ref reader);
                at += reader.Position;
                return page;
            }
            catch (EndOfStreamException) when (there == length && length < LongestPageHeader)
            {
                // A longer piece is tried.
            }
        }
    }

    private static byte[] ReadBytes(SafeFileHandle file, long at, int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int read = RandomAccess.Read(file, bytes.AsSpan(done), at + done);
            done += read > 0 ? read : throw new EndOfStreamException();
        }

        return bytes;
    }

    private T Guarded<T>(Func<SafeFileHandle, T> read)
    {
        try
        {
            using SafeFileHandle file = PlainFile.Open(_path);
            return read(file);
        }
        catch (EndOfStreamException failure)
        {
            throw new InputException($"cannot read '{_path}': it is damaged, or cut off; get it again", failure);
        }
        catch (InvalidDataException failure)
        {
            throw new InputException($"cannot read '{_path}': {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"cannot read '{_path}': there is no such file; check the path", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{_path}': {failure.Message}", failure);
        }
    }

    /// <summary>Bytes as the text that they are.</summary>
    /// <exception cref="DecoderFallbackException">They are not UTF-8.</exception>
    public static string Text(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes);
}
