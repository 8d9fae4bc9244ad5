using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>
/// Decodes the values of one page by Parquet.Net, which believes whatever lengths and numbers a file has and reads on for ever at the
/// end of a damaged one. So it is given a file of our own making in memory: the page, decompressed, and its dictionary, as the one
/// column of all rows, with all that is said of them written anew.
/// </summary>
internal static class ParquetValues
{
    private const int Plain = 0, PlainDictionary = 2, Rle = 3, DeltaBinaryPacked = 5, DeltaLengthByteArray = 6, RleDictionary = 8;

    // Writers use 128; the reader takes memory for as many.
    private const int LargestDeltaBlock = 1 << 16;

    /// <summary>Decodes a page.</summary>
    /// <param name="column">The column.</param>
    /// <param name="dictionary">The dictionary's entries, where the page uses it.</param>
    /// <param name="encoding">How the values are written.</param>
    /// <param name="values">What is written.</param>
    /// <param name="count">How many there are; at least one.</param>
    /// <returns>Gives each as a text.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or written in a way that is not read.</exception>
    public static Func<int, string> Decode(ParquetColumn column, (byte[] Bytes, int Count)? dictionary, int encoding, ReadOnlySpan<byte> values, int count)
    {
        if (encoding is DeltaBinaryPacked or DeltaLengthByteArray) CheckDelta(values, count);
        else if (encoding is not (Plain or PlainDictionary or RleDictionary)) throw new InvalidDataException($"column '{ParquetFooter.Show(column.Name)}' is encoded in a way ({encoding}) that is not read; write it anew as plain, dictionary or delta_length_byte_array");
        if (dictionary is { Count: 0 }) throw new InvalidDataException("a page wants values of a dictionary that is empty");
        using var file = new Pages();
        Write(file, column.Type, dictionary, encoding, values, count);
        return column.Type switch
        {
            ParquetType.ByteArray => Texts(Read<ReadOnlyMemory<byte>>(file, count), value => ParquetFile.Text(value.Span)),
            ParquetType.Int32 => Texts(Read<int>(file, count), value => column.IsUnsigned ? Invariant((uint)value) : Invariant(value)),
            ParquetType.Int64 => Texts(Read<long>(file, count), value => column.IsUnsigned ? Invariant((ulong)value) : Invariant(value)),
            ParquetType.Float => Texts(Read<float>(file, count), value => Invariant(value)),
            ParquetType.Double => Texts(Read<double>(file, count), value => Invariant(value)),
            _ => throw new InvalidDataException($"column '{ParquetFooter.Show(column.Name)}' holds neither texts nor numbers"),
        };
    }

    private static Func<int, string> Texts<T>(T[] values, Func<T, string> text) => i => text(values[i]);

    private static string Invariant(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private static T[] Read<T>(Pages file, int count)
        where T : struct
    {
        var values = new T[count];
        try
        {
            // In memory, so that nothing is waited for.
            ParquetReader reader = ParquetReader.CreateAsync(file).GetAwaiter().GetResult();
            file.EndPages();
            reader.OpenRowGroupReader(0).ReadRawAsync(reader.Schema.FindDataField("c"), values.AsMemory(), null, null).AsTask().GetAwaiter().GetResult();
            return values;
        }
#pragma warning disable CA1031 // It throws whatever its loops run into: indexes out of range, overflows, division by zero.
        catch (Exception failure) when (failure is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            throw new InvalidDataException("a page is damaged: its values cannot be decoded", failure);
        }
    }

    private static void Write(Pages file, ParquetType type, (byte[] Bytes, int Count)? dictionary, int encoding, ReadOnlySpan<byte> values, int count)
    {
        var writer = new ThriftWriter(file);
        file.Write("PAR1"u8);
        long dictionaryAt = file.Position;
        if (dictionary is { } entries)
        {
            writer.Begin().Int(1, ParquetPage.Dictionary).Int(2, entries.Bytes.Length).Int(3, entries.Bytes.Length).Begin(7).Int(1, entries.Count).Int(2, Plain).End().End();
            file.Write(entries.Bytes);
        }

        long at = file.Position;
        writer.Begin().Int(1, ParquetPage.Data).Int(2, values.Length).Int(3, values.Length).Begin(5).Int(1, count).Int(2, encoding).Int(3, Rle).Int(4, Rle).End().End();
        file.Write(values);
        file.PagesEnd = file.Position;
        writer.Begin().Int(1, 1).List(2, ThriftType.Struct, 2);
        writer.Begin().Text(4, "r"u8).Int(5, 1).End();
        writer.Begin().Int(1, (int)type).Int(3, 0).Text(4, "c"u8).End();
        writer.Long(3, count).List(4, ThriftType.Struct, 1).Begin().List(1, ThriftType.Struct, 1).Begin().Long(2, at).Begin(3);
        writer.Int(1, (int)type).List(2, ThriftType.I32, 1).Number(encoding).List(3, ThriftType.Binary, 1).Bytes("c"u8).Int(4, 0).Long(5, count);
        writer.Long(6, file.PagesEnd - dictionaryAt).Long(7, file.PagesEnd - dictionaryAt).Long(9, at);
        if (dictionary is not null) writer.Long(11, dictionaryAt);
        writer.End().End().Long(2, file.PagesEnd).Long(3, count).End().End();
        Span<byte> length = stackalloc byte[4];
        BitConverter.TryWriteBytes(length, (int)(file.Position - file.PagesEnd));
        if (!BitConverter.IsLittleEndian) length.Reverse();
        file.Write(length);
        file.Write("PAR1"u8);
        file.Position = 0;
    }

    // A block's length, its parts and the number of values come first.
    private static void CheckDelta(ReadOnlySpan<byte> values, int count)
    {
        Span<long> numbers = stackalloc long[3];
        int at = 0;
        foreach (ref long number in numbers)
        {
            for (int shift = 0; ; shift += 7)
            {
                if (at == values.Length || shift > 28) throw new InvalidDataException("a page is damaged: its values cannot be decoded");
                number |= (long)(values[at] & 0x7F) << shift;
                if (values[at++] < 0x80) break;
            }
        }

        if (numbers[0] is < 8 or > LargestDeltaBlock || numbers[1] < 1 || numbers[0] % numbers[1] != 0 || numbers[2] != count)
            throw new InvalidDataException("a page is damaged: its values cannot be decoded");
    }

    /// <summary>The file in memory. What follows the pages is gone once it is read; going on behind them is an error.</summary>
    private sealed class Pages : MemoryStream
    {
        public long PagesEnd { get; set; }

        public void EndPages() => SetLength(PagesEnd);

        public override int ReadByte() => base.ReadByte() is >= 0 and int value ? value : throw new EndOfStreamException();
    }
}
