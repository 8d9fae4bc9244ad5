using System.Buffers.Binary;
using System.Text;

namespace CsAligner.Fuzz.Mutation;

/// <summary>A field of a Protocol Buffers message: a number, bytes, or a message of its own.</summary>
internal sealed class ProtobufField(int number, int kind)
{
    /// <summary>How a field is written.</summary>
    public const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private const int Deepest = 40;

    public int Number { get; set; } = number;

    public int Kind { get; set; } = kind;

    /// <summary>Of all kinds but bytes.</summary>
    public ulong Value { get; set; }

    /// <summary>Of bytes that are no message, or not a known one.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Of a message; null else.</summary>
    public List<ProtobufField>? Fields { get; set; }

    /// <summary>The kind of message that this is a field of.</summary>
    public string Owner { get; set; } = "";

    public static ProtobufField Int(int number, long value) => new(number, Varint) { Value = (ulong)value };

    public static ProtobufField Float(int number, float value) => new(number, Fixed32) { Value = BitConverter.SingleToUInt32Bits(value) };

    public static ProtobufField Text(int number, string text) => new(number, Bytes) { Content = Encoding.UTF8.GetBytes(text) };

    public static ProtobufField Raw(int number, byte[] bytes) => new(number, Bytes) { Content = bytes };

    public static ProtobufField Message(int number, params IEnumerable<ProtobufField> fields) =>
        new(number, Bytes) { Fields = [.. fields] };

    /// <summary>Reads a message.</summary>
    /// <param name="message">Its bytes.</param>
    /// <param name="type">Its kind.</param>
    /// <param name="typeOf">The kind of a field's message, by the kind of message it is in and its number; null where it is none.</param>
    /// <param name="depth">For the reader itself.</param>
    /// <returns>Null where the bytes are no message.</returns>
    public static List<ProtobufField>? Read(ReadOnlySpan<byte> message, string type, Func<string, int, string?> typeOf, int depth = 0)
    {
        var fields = new List<ProtobufField>();
        while (!message.IsEmpty)
        {
            if (!TryVarint(ref message, out ulong key) || key >> 3 is 0 or > int.MaxValue) return null;
            var field = new ProtobufField((int)(key >> 3), (int)(key & 7)) { Owner = type };
            switch (field.Kind)
            {
                case Varint when TryVarint(ref message, out ulong value):
                    field.Value = value;
                    break;
                case Fixed64 when message.Length >= 8:
                    field.Value = BinaryPrimitives.ReadUInt64LittleEndian(message);
                    message = message[8..];
                    break;
                case Fixed32 when message.Length >= 4:
                    field.Value = BinaryPrimitives.ReadUInt32LittleEndian(message);
                    message = message[4..];
                    break;
                case Bytes when TryVarint(ref message, out ulong length) && length <= (ulong)message.Length:
                    var content = message[..(int)length];
                    message = message[(int)length..];
                    if (depth < Deepest && typeOf(type, field.Number) is { } inner) field.Fields = Read(content, inner, typeOf, depth + 1);
                    if (field.Fields is null) field.Content = content.ToArray();
                    break;
                default:
                    return null;
            }

            fields.Add(field);
        }

        return fields;
    }

    /// <summary>Writes a message; the lengths of what is in it are set anew.</summary>
    public static byte[] Write(IEnumerable<ProtobufField> fields)
    {
        var stream = new MemoryStream();
        foreach (var field in fields) field.WriteTo(stream);
        return stream.ToArray();
    }

    public ProtobufField Copy() =>
        new(Number, Kind) { Value = Value, Content = Content, Owner = Owner, Fields = Fields?.ConvertAll(field => field.Copy()) };

    private void WriteTo(MemoryStream stream)
    {
        WriteVarint(stream, ((ulong)(uint)Number << 3) | (uint)Kind);
        Span<byte> bytes = stackalloc byte[8];
        switch (Kind)
        {
            case Varint:
                WriteVarint(stream, Value);
                break;
            case Fixed64:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, Value);
                stream.Write(bytes);
                break;
            case Fixed32:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Value);
                stream.Write(bytes[..4]);
                break;
            case Bytes:
                byte[] content = Fields is null ? Content : Write(Fields);
                WriteVarint(stream, (ulong)content.Length);
                stream.Write(content);
                break;
        }
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }

    private static void WriteVarint(MemoryStream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7) stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
