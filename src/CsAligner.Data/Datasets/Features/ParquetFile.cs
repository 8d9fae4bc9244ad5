using System.Buffers.Binary;
using System.Globalization;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.Win32.SafeHandles;
using Parquet;
using Parquet.Schema;

namespace CsAligner.Data.Datasets.Features;

/// <summary>Columns of a parquet file as texts, any rows of them. One row group is in memory at a time.</summary>
internal sealed class ParquetFile
{
    // Footers of real files have kilobytes; groups of rows rarely more than 128 MB.
    private const int LongestFooter = 64 << 20;
    private const long LargestColumn = 1L << 30;

    // The library would keep what it read pages into for the next file.
    private static readonly ParquetOptions Options = new() { MaximumSmallPoolFreeBytes = 1, MaximumLargePoolFreeBytes = 1 };

    private readonly string _path;
    private readonly DataField?[] _columns;
    private readonly long[] _firstRows;
    private (int Group, string?[]?[] Columns) _group = (-1, []);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="choose">The columns to read, of those that it has; null for one that it has not.</param>
    /// <exception cref="InputException">It cannot be read, is damaged, or no parquet file.</exception>
    public ParquetFile(string path, Func<ParquetSchema, DataField?[]> choose)
    {
        _path = path;
        (_columns, _firstRows) = Use(reader =>
        {
            var rows = new long[reader.RowGroupCount + 1];
            for (int group = 0; group < reader.RowGroupCount; group++)
            {
                long count = reader.OpenRowGroupReader(group).RowCount;
                if (count is < 0 or > int.MaxValue)
                    throw new InvalidDataException($"its row group {group} states {count} rows");
                rows[group + 1] = rows[group] + count;
            }

            if (reader.Metadata!.NumRows != rows[^1])
                throw new InvalidDataException($"it states {reader.Metadata.NumRows} rows, but its row groups have {rows[^1]}");
            return (choose(reader.Schema), rows);
        });
    }

    /// <summary>How many rows it has.</summary>
    public long Rows => _firstRows[^1];

    /// <summary>Whether a column holds strings or plain numbers, not lists, dates, decimals or bytes.</summary>
    public static bool IsReadable(DataField column) =>
        !column.IsArray && (IsText(column) || Type.GetTypeCode(column.ClrType) is >= TypeCode.SByte and <= TypeCode.Double);

    /// <summary>Rows of the requested columns, as strings; null where a value is missing.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many; all must be there.</param>
    /// <returns>Column by column; null for a column that the file does not have.</returns>
    /// <exception cref="InputException">It cannot be read, or is damaged.</exception>
    public string?[]?[] Read(long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Rows - count);
        string?[]?[] texts = [.. _columns.Select(column => column is null ? null : new string?[count])];
        for (int group = 0; group < _firstRows.Length - 1; group++)
        {
            long start = _firstRows[group], from = Math.Max(first, start), to = Math.Min(first + count, _firstRows[group + 1]);
            if (from >= to) continue;
            if (_group.Group != group) _group = (group, Use(reader => ReadGroup(reader, group)));
            for (int i = 0; i < texts.Length; i++)
                _group.Columns[i]?.AsSpan((int)(from - start), (int)(to - from)).CopyTo(texts[i].AsSpan((int)(from - first)));
        }

        return texts;
    }

    // The library's type of texts is either.
    private static bool IsText(DataField column) => column.ClrType == typeof(string) || column.ClrType == typeof(ReadOnlyMemory<char>);

    private string?[]?[] ReadGroup(ParquetReader reader, int group)
    {
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
        return [.. _columns.Select(column => column is null ? null : ReadColumn(rows, column))];
    }

    private static string?[] ReadColumn(ParquetRowGroupReader rows, DataField column)
    {
        var stored = rows.GetMetadata(column)?.MetaData ?? throw new InvalidDataException($"a row group has no column '{column.Name}'");
        if (stored.NumValues != rows.RowCount)
            throw new InvalidDataException($"its column '{column.Name}' has {stored.NumValues} values in a row group of {rows.RowCount} "
                + "rows");
        if (stored.TotalUncompressedSize is < 0 or > LargestColumn)
            throw new InvalidDataException($"its column '{column.Name}' has {stored.TotalUncompressedSize} bytes in a row group, at "
                + $"most {LargestColumn} are read; write it with smaller groups");
        if (IsText(column)) return Texts(rows, column);
        return Type.GetTypeCode(column.ClrType) switch
        {
            TypeCode.SByte => Numbers<sbyte>(rows, column),
            TypeCode.Byte => Numbers<byte>(rows, column),
            TypeCode.Int16 => Numbers<short>(rows, column),
            TypeCode.UInt16 => Numbers<ushort>(rows, column),
            TypeCode.Int32 => Numbers<int>(rows, column),
            TypeCode.UInt32 => Numbers<uint>(rows, column),
            TypeCode.Int64 => Numbers<long>(rows, column),
            TypeCode.UInt64 => Numbers<ulong>(rows, column),
            TypeCode.Single => Numbers<float>(rows, column),
            TypeCode.Double => Numbers<double>(rows, column),
            _ => throw new ArgumentException($"Column '{column.Name}' is not readable.", nameof(column)),
        };
    }

    private static string?[] Texts(ParquetRowGroupReader rows, DataField column)
    {
        var texts = new string?[rows.RowCount];
        Synchronously.Run(() => rows.ReadAsync(column, texts.AsMemory()).AsTask());
        return texts;
    }

    private static string?[] Numbers<T>(ParquetRowGroupReader rows, DataField column)
        where T : struct, IFormattable
    {
        var numbers = new T?[rows.RowCount];
        if (column.IsNullable)
        {
            Synchronously.Run(() => rows.ReadAsync<T>(column, numbers.AsMemory()).AsTask());
        }
        else
        {
            var whole = new T[rows.RowCount];
            Synchronously.Run(() => rows.ReadAsync<T>(column, whole.AsMemory()).AsTask());
            for (int i = 0; i < whole.Length; i++) numbers[i] = whole[i];
        }

        return [.. numbers.Select(number => number?.ToString(null, CultureInfo.InvariantCulture))];
    }

    private T Use<T>(Func<ParquetReader, T> read)
    {
        try
        {
            using SafeFileHandle file = RegularFile.Open(_path);
            CheckEnds(file);
            ParquetReader reader = Synchronously.Run(() => ParquetReader.CreateAsync(new EndedStream(file), Options));
            T result = read(reader);
            Synchronously.Run(() => reader.DisposeAsync().AsTask());
            return result;
        }
        catch (InvalidDataException failure)
        {
            throw new InputException($"cannot read '{_path}': {failure.Message}", failure);
        }
#pragma warning disable CA1031 // The library throws whatever its loops run into.
        catch (Exception failure) when (failure is not (InputException or OperationCanceledException))
#pragma warning restore CA1031
        {
            if (failure is IOException and not EndOfStreamException or UnauthorizedAccessException)
                throw new InputException($"cannot read '{_path}': {failure.Message}", failure);
            throw new InputException($"cannot read '{_path}': it is not a parquet file, is damaged, or uses an unsupported feature; write "
                + "it again with snappy or zstd", failure);
        }
    }

    private static void CheckEnds(SafeFileHandle file)
    {
        long length = RandomAccess.GetLength(file);
        Span<byte> head = stackalloc byte[4], tail = stackalloc byte[8];
        if (length < 12 || RandomAccess.Read(file, head, 0) != 4 || RandomAccess.Read(file, tail, length - 8) != 8)
            throw new InvalidDataException($"it has {length} bytes, a parquet file has at least 12");
        if (tail[4..].SequenceEqual("PARE"u8)) throw new InvalidDataException("it is encrypted; write it without encryption");
        if (!head.SequenceEqual("PAR1"u8) || !tail[4..].SequenceEqual("PAR1"u8))
            throw new InvalidDataException("it does not begin and end like a parquet file; it is another format, or cut off");
        int footer = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (footer < 0 || footer > Math.Min(LongestFooter, length - 12))
            throw new InvalidDataException($"its footer states {footer} bytes, but only {length - 12} are there");
    }

    /// <summary>A file whose end is an error: the library would ask for more of a damaged one for ever. Nothing is waited for.</summary>
    private sealed class EndedStream(SafeFileHandle file) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => RandomAccess.GetLength(file);

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            int count = RandomAccess.Read(file, buffer, Position);
            if (count == 0 && buffer.Length > 0) throw new EndOfStreamException();
            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.FromResult(Read(buffer, offset, count));

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => Position, _ => Length };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
