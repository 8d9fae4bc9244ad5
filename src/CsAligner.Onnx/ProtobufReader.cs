using CsAligner.Tensors;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Onnx;

/// <summary>Goes through a file of Protocol Buffers field by field; fields that are not requested are skipped.</summary>
internal sealed class ProtobufReader(FileStream file) : IDisposable
{
    /// <summary>How a field is written.</summary>
    public const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private const int LongestText = 1 << 16;

    private readonly byte[] _buffer = new byte[1 << 14];
    private long _start;
    private int _count, _next;

    /// <summary>Where the next byte is in the file.</summary>
    public long Position => _start + _next;

    /// <summary>The file's length.</summary>
    public long Length { get; } = file.Length;

    /// <summary>The file, for reading past this.</summary>
    public SafeFileHandle Handle => file.SafeFileHandle;

    /// <summary>Reads a field's number and kind, and the length of bytes or of a message; leaves the reader at its content.</summary>
    /// <param name="end">Where the message ends.</param>
    /// <param name="number">The field.</param>
    /// <param name="kind">How it is written.</param>
    /// <param name="length">Bytes of its content; of a varint 0.</param>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="InputException">These are no fields.</exception>
    public bool TryField(long end, out int number, out int kind, out long length)
    {
        (number, kind, length) = (0, 0, 0);
        if (Position >= end) return false;
        ulong key = ReadVarint();
        (number, kind) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7));
        length = kind switch
        {
            Varint => 0,
            Fixed64 => 8,
            Fixed32 => 4,
            Bytes => (long)Math.Min(ReadVarint(), long.MaxValue),
            _ => throw Malformed(),
        };
        return number > 0 && length <= end - Position ? true : throw Malformed();
    }

    /// <summary>A number as text of bytes that end with their highest bit clear.</summary>
    public ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = ReadByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw Malformed();
    }

    /// <summary>A field's bytes as text.</summary>
    public string ReadText(long length)
    {
        if (length > LongestText) throw Malformed();
        var bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = ReadByte();
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Goes to a place in the file.</summary>
    public void Seek(long position)
    {
        if (position >= _start && position <= _start + _count) _next = (int)(position - _start);
        else (_start, _count, _next) = (position, 0, 0);
    }

    public void Dispose() => file.Dispose();

    private byte ReadByte()
    {
        if (_next == _count)
        {
            (_start, _next) = (Position, 0);
            _count = RandomAccess.Read(file.SafeFileHandle, _buffer, _start);
            if (_count == 0) throw Malformed();
        }

        return _buffer[_next++];
    }

    private InputException Malformed() =>
        new($"{file.Name}: not a model in ONNX format (byte {Position} is not one of its fields); download or export it again");
}
