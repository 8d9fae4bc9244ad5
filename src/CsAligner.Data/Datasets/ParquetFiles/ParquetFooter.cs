using System.Text;

namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>What a parquet file says of itself at its end, checked: its columns, and where some of them are.</summary>
internal sealed class ParquetFooter
{
    private const int Repeated = 2;

    private readonly List<ParquetColumn> _flat = [];
    private readonly List<string> _nested = [];
    private readonly List<ParquetRowGroup> _groups = [];

    /// <summary>Reads a footer.</summary>
    /// <param name="footer">Its bytes.</param>
    /// <param name="pages">Where the pages end in the file, at the latest.</param>
    /// <param name="choose">Of the columns that it has, those to find.</param>
    /// <exception cref="InvalidDataException">It is damaged, or contradicts itself.</exception>
    /// <exception cref="EndOfStreamException">It is cut off.</exception>
    public ParquetFooter(ReadOnlySpan<byte> footer, long pages, Func<ParquetFooter, IReadOnlyList<ParquetColumn>> choose)
    {
        var reader = new ThriftReader(footer);
        long? rows = null;
        int groups = -1;
        for (int field = 0; reader.TryField(ref field, out ThriftType type);)
        {
            int at = reader.Position;
            switch (field)
            {
                case 2:
                    ReadSchema(ref reader, type);
                    break;
                case 3:
                    rows = reader.Long(type);
                    break;
                case 4 when type == ThriftType.List:
                    groups = at;
                    reader.Skip(type);
                    break;
                case 8:
                    throw new InvalidDataException("it is encrypted; write it without");
                default:
                    reader.Skip(type);
                    break;
            }
        }

        Columns = choose(this);
        if (groups >= 0) ReadGroups(footer[groups..], pages);
        Rows = rows ?? throw new InvalidDataException("it does not say how many rows it has");
        if (Rows != RowGroups.Sum(group => group.Rows)) throw new InvalidDataException($"it says that it has {Rows} rows, its groups of rows have {RowGroups.Sum(group => group.Rows)}");
    }

    /// <summary>Rows of all groups.</summary>
    public long Rows { get; }

    /// <summary>Columns of the table that hold one value a row at most.</summary>
    public IReadOnlyList<ParquetColumn> Flat => _flat;

    /// <summary>Names of the table's other columns: lists, and what holds columns within.</summary>
    public IReadOnlyList<string> Nested => _nested;

    /// <summary>The columns that were chosen.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    /// <summary>Where they are.</summary>
    public IReadOnlyList<ParquetRowGroup> RowGroups => _groups;

    private void ReadSchema(ref ThriftReader reader, ThriftType type)
    {
        int left = reader.List(type, ThriftType.Struct);
        if (left == 0) throw new InvalidDataException("it has no schema");
        ReadElement(ref reader, out _, out int ofRoot);
        left--;
        for (int i = 0; i < ofRoot; i++)
        {
            if (left-- <= 0) throw new InvalidDataException("its schema ends before its last column");
            bool isFlat = ReadElement(ref reader, out ParquetColumn column, out int within);
            if (isFlat) _flat.Add(column);
            else _nested.Add(column.Name);
            for (long inside = within; inside > 0; inside += within - 1)
            {
                if (left-- <= 0) throw new InvalidDataException("its schema ends before its last column");
                ReadElement(ref reader, out _, out within);
            }
        }

        for (; left > 0; left--) ReadElement(ref reader, out _, out _);
    }

    // A column, and how many follow that are within it; true where it holds one value a row at most.
    private static bool ReadElement(ref ThriftReader reader, out ParquetColumn column, out int within)
    {
        int? stored = null, repetition = null, converted = null, logical = null;
        string name = "";
        within = 0;
        for (int field = 0; reader.TryField(ref field, out ThriftType type);)
        {
            switch (field)
            {
                case 1:
                    stored = reader.Int(type);
                    break;
                case 3:
                    repetition = reader.Int(type);
                    break;
                case 4:
                    name = Encoding.UTF8.GetString(reader.Bytes(type));
                    break;
                case 5:
                    within = reader.Int(type);
                    break;
                case 6:
                    converted = reader.Int(type);
                    break;
                case 10 when type == ThriftType.Struct:
                    // A union: which field it has is what it says.
                    for (int kind = 0; reader.TryField(ref kind, out ThriftType content); logical = kind) reader.Skip(content);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        if (within < 0 || stored is < 0 or > (int)ParquetType.FixedLengthByteArray) throw new InvalidDataException($"its column '{Show(name)}' is of a type that there is not");
        column = new ParquetColumn(name, (ParquetType)(stored ?? 0), repetition != 0, converted, logical);
        return stored is not null && within == 0 && repetition != Repeated;
    }

    private void ReadGroups(ReadOnlySpan<byte> bytes, long pages)
    {
        var reader = new ThriftReader(bytes);
        for (int left = reader.List(ThriftType.List, ThriftType.Struct); left > 0; left--)
        {
            var chunks = new ParquetChunk?[Columns.Count];
            long rows = -1;
            for (int field = 0; reader.TryField(ref field, out ThriftType type);)
            {
                switch (field)
                {
                    case 1:
                        for (int columns = reader.List(type, ThriftType.Struct); columns > 0; columns--) ReadChunk(ref reader, chunks, pages);
                        break;
                    case 3:
                        rows = reader.Long(type);
                        break;
                    default:
                        reader.Skip(type);
                        break;
                }
            }

            if (rows < 0 || rows > long.MaxValue - Total()) throw new InvalidDataException($"its group of rows {_groups.Count} says that it has {rows} rows");
            int missing = Array.IndexOf(chunks, null);
            if (missing >= 0) throw new InvalidDataException($"its group of rows {_groups.Count} has no column '{Show(Columns[missing].Name)}'");
            _groups.Add(new ParquetRowGroup(rows, chunks!));
        }
    }

    private long Total() => _groups.Count == 0 ? 0 : _groups.Sum(group => group.Rows);

    private void ReadChunk(ref ThriftReader reader, ParquetChunk?[] chunks, long pages)
    {
        bool isElsewhere = false;
        int column = -1, codec = 0;
        long start = -1, dictionary = 0, length = 0;
        for (int field = 0; reader.TryField(ref field, out ThriftType type);)
        {
            switch (field)
            {
                case 1:
                    isElsewhere = reader.Bytes(type).Length > 0;
                    break;
                case 3:
                    ThriftReader.Struct(type);
                    ReadChunkData(ref reader, ref column, ref codec, ref start, ref dictionary, ref length);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        if (column < 0 || chunks[column] is not null) return;
        string name = Show(Columns[column].Name);
        if (isElsewhere) throw new InvalidDataException($"its column '{name}' is in another file; write them into one");
        if (dictionary > 0 && dictionary < start) start = dictionary;
        if (start < 4 || length < 0 || length > pages - start) throw new InvalidDataException($"its column '{name}' lies outside of it (from byte {start}, {length} bytes); it is damaged, or cut off");
        chunks[column] = new ParquetChunk((ParquetCodec)codec, start, start + length);
    }

    private void ReadChunkData(ref ThriftReader reader, ref int column, ref int codec, ref long start, ref long dictionary, ref long length)
    {
        for (int field = 0; reader.TryField(ref field, out ThriftType type);)
        {
            switch (field)
            {
                case 3:
                    int parts = reader.List(type, ThriftType.Binary);
                    for (int part = 0; part < parts; part++)
                    {
                        ReadOnlySpan<byte> name = reader.Bytes(ThriftType.Binary);
                        if (parts == 1) column = IndexOf(Encoding.UTF8.GetString(name));
                    }

                    break;
                case 4:
                    codec = reader.Int(type);
                    break;
                case 7:
                    length = reader.Long(type);
                    break;
                case 9:
                    start = reader.Long(type);
                    break;
                case 11:
                    dictionary = reader.Long(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
    }

    private int IndexOf(string name)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name == name) return i;
        }

        return -1;
    }

    /// <summary>A name as an error shows it.</summary>
    public static string Show(string name)
    {
        string shown = string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
        return shown.Length > 60 ? shown[..60] + "…" : shown;
    }
}
