namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>
/// Goes through Thrift's compact protocol, in which parquet says what is where, field by field. What is not asked for is passed over.
/// Whatever the bytes are, it ends: each field takes one at least. They may be cut off (<see cref="EndOfStreamException"/>) or be no
/// Thrift (<see cref="InvalidDataException"/>).
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int Deepest = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes gone through.</summary>
    public int Position { get; private set; }

    /// <summary>Goes to a struct's next field.</summary>
    /// <param name="number">The last field's number, 0 at first; then this one's.</param>
    /// <param name="type">How it is written.</param>
    /// <returns>False at the end of the struct.</returns>
    public bool TryField(ref int number, out ThriftType type)
    {
        byte head = Byte();
        type = (ThriftType)(head & 15);
        if (type == ThriftType.Stop) return false;
        number = head >> 4 == 0 ? (int)Signed(short.MinValue, short.MaxValue) : number + (head >> 4);
        return true;
    }

    /// <summary>A whole number of 16 to 64 bits.</summary>
    public long Long(ThriftType type) =>
        type is ThriftType.I16 or ThriftType.I32 or ThriftType.I64 ? Signed(long.MinValue, long.MaxValue) : throw Unexpected("a number", type);

    /// <summary>A whole number that fits into 32 bits.</summary>
    public int Int(ThriftType type) =>
        type is ThriftType.I16 or ThriftType.I32 or ThriftType.I64 ? (int)Signed(int.MinValue, int.MaxValue) : throw Unexpected("a number", type);

    /// <summary>Bytes, or a text's.</summary>
    public ReadOnlySpan<byte> Bytes(ThriftType type) => type == ThriftType.Binary ? Take(Count(1)) : throw Unexpected("bytes", type);

    /// <summary>The number of a list's elements, which follow and are of one type.</summary>
    public int List(ThriftType type, ThriftType elements)
    {
        if (type != ThriftType.List) throw Unexpected("a list", type);
        int count = ListHead(out ThriftType found);
        return count == 0 || found == elements ? count : throw Unexpected($"a list of {elements}", found);
    }

    /// <summary>Checks that a struct follows.</summary>
    public static void Struct(ThriftType type)
    {
        if (type != ThriftType.Struct) throw Unexpected("a struct", type);
    }

    /// <summary>Passes over a field's content.</summary>
    public void Skip(ThriftType type)
    {
        // In a field the type is the value; in a list each has a byte.
        if (type is not (ThriftType.True or ThriftType.False)) SkipElement(type, 0);
    }

    private void SkipElement(ThriftType type, int depth)
    {
        if (depth > Deepest) throw new InvalidDataException($"what it says of itself is nested more than {Deepest} deep");
        switch (type)
        {
            case ThriftType.True or ThriftType.False or ThriftType.I8:
                Take(1);
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                Varint();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                Take(Count(1));
                break;
            case ThriftType.List or ThriftType.Set:
                for (int left = ListHead(out ThriftType elements); left > 0; left--) SkipElement(elements, depth + 1);
                break;
            case ThriftType.Map:
                int pairs = Count(2);
                byte types = pairs > 0 ? Byte() : (byte)0;
                for (; pairs > 0; pairs--)
                {
                    SkipElement((ThriftType)(types >> 4), depth + 1);
                    SkipElement((ThriftType)(types & 15), depth + 1);
                }

                break;
            case ThriftType.Struct:
                int number = 0;
                while (TryField(ref number, out ThriftType field))
                {
                    if (field is not (ThriftType.True or ThriftType.False)) SkipElement(field, depth + 1);
                }

                break;
            case ThriftType.Uuid:
                Take(16);
                break;
            default:
                throw new InvalidDataException($"what it says of itself has a value of type {(int)type}, which there is not");
        }
    }

    private int ListHead(out ThriftType elements)
    {
        byte head = Byte();
        elements = (ThriftType)(head & 15);
        int count = head >> 4 == 15 ? Count(1) : head >> 4;
        return count <= _bytes.Length - Position ? count : throw new EndOfStreamException();
    }

    // As many as there can be, if each takes so many bytes.
    private int Count(int bytesOfEach)
    {
        ulong count = Varint();
        return count <= (ulong)((_bytes.Length - Position) / bytesOfEach) ? (int)count : throw new EndOfStreamException();
    }

    private long Signed(long least, long most)
    {
        ulong number = Varint();
        long value = (long)(number >> 1) ^ -(long)(number & 1);
        return value >= least && value <= most ? value : throw new InvalidDataException($"what it says of itself has the number {value}, where {most} is the most");
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException("what it says of itself has a number of more than 64 bits");
    }

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - Position) throw new EndOfStreamException();
        Position += count;
        return _bytes.Slice(Position - count, count);
    }

    private static InvalidDataException Unexpected(string expected, ThriftType type) => new($"{expected} was expected in what it says of itself, it has {type}");
}
