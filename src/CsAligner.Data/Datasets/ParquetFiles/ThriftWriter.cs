namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>Writes Thrift's compact protocol: the fields of a struct in the order of their numbers.</summary>
internal sealed class ThriftWriter(MemoryStream target)
{
    private readonly Stack<int> _outer = [];
    private int _last;

    public ThriftWriter Int(int field, int value)
    {
        Head(field, ThriftType.I32);
        return Number(value);
    }

    public ThriftWriter Long(int field, long value)
    {
        Head(field, ThriftType.I64);
        return Number(value);
    }

    public ThriftWriter Text(int field, ReadOnlySpan<byte> value)
    {
        Head(field, ThriftType.Binary);
        return Bytes(value);
    }

    /// <summary>A list; its elements follow, each by <see cref="Number"/>, <see cref="Bytes"/>, or <see cref="Begin()"/> and <see cref="End"/>.</summary>
    public ThriftWriter List(int field, ThriftType elements, int count)
    {
        Head(field, ThriftType.List);
        target.WriteByte((byte)((count << 4) | (int)elements));
        return this;
    }

    public ThriftWriter Begin(int field)
    {
        Head(field, ThriftType.Struct);
        return Begin();
    }

    public ThriftWriter Begin()
    {
        _outer.Push(_last);
        _last = 0;
        return this;
    }

    public ThriftWriter End()
    {
        target.WriteByte((byte)ThriftType.Stop);
        _last = _outer.Pop();
        return this;
    }

    public ThriftWriter Number(long value)
    {
        ulong left = (ulong)((value << 1) ^ (value >> 63));
        for (; left >= 0x80; left >>= 7) target.WriteByte((byte)(left | 0x80));
        target.WriteByte((byte)left);
        return this;
    }

    public ThriftWriter Bytes(ReadOnlySpan<byte> value)
    {
        // Only our own names, which are short.
        target.WriteByte((byte)value.Length);
        target.Write(value);
        return this;
    }

    private void Head(int field, ThriftType type)
    {
        target.WriteByte((byte)(((field - _last) << 4) | (int)type));
        _last = field;
    }
}
