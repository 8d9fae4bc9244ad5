using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Items;

namespace CsAligner.Search.VectorSets;

/// <summary>
/// An item as a field of a hash: the length of its JSON (int32, little-endian), the JSON, and the vector as float16. Vector sets keep their
/// vectors in forms of their own; these are the ones that scores are computed of.
/// </summary>
internal static class VectorSetRecord
{
    public static byte[] Write(ItemRecord item)
    {
        using var bytes = new MemoryStream();
        bytes.Write([0, 0, 0, 0]);
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteNumber("kind", (int)item.Kind);
            if (item.Name is not null) writer.WriteString("name", item.Name);
            if (item.Path is not null) writer.WriteString("path", item.Path);
            if (item.Text is not null) writer.WriteString("text", item.Text);
            writer.WritePropertyName("attributes");
            AttributeJson.Write(writer, item.Attributes);
            writer.WriteEndObject();
        }

        int length = (int)bytes.Length - 4;
        bytes.Write(MemoryMarshal.AsBytes<Half>(item.Vector));
        byte[] record = bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(record, length);
        return record;
    }

    /// <exception cref="IndexStoreException">It is none.</exception>
    public static ItemRecord Read(string id, ReadOnlyMemory<byte> record, int width)
    {
        try
        {
            int length = record.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(record.Span);
            if (length < 2 || record.Length - 4 - length != 2 * width) throw new JsonException("its length is wrong");
            using JsonDocument document = JsonDocument.Parse(record.Slice(4, length));
            JsonElement root = document.RootElement;
            Half[] vector = MemoryMarshal.Cast<byte, Half>(record.Span[(4 + length)..]).ToArray();
            return new ItemRecord(id, (RowKind)root.GetProperty("kind").GetInt32(), Text(root, "name"), Text(root, "path"),
                Text(root, "text"),
                AttributeJson.Read(root.GetProperty("attributes")), vector);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new IndexStoreException(
                $"item '{id}' of the vector sets cannot be read ({failure.Message}); did another program write it?", failure);
        }
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString()
        : null;
}
