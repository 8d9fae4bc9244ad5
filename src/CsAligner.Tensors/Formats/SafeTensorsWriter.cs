using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// Collects tensors by reference and writes them as one safetensors file, atomically. The order is fixed (wider
/// types first, so that all values are aligned; then by name), hence the same tensors give the same bytes. Values
/// are converted while they are written; nothing is copied as a whole.
/// </summary>
public sealed class SafeTensorsWriter
{
    private delegate void ValuesWriter(Stream stream);

    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Sets a text of <c>__metadata__</c>.</summary>
    public void SetMetadata(string key, string value) => _metadata[key] = value;

    /// <summary>Adds a tensor, to be written as float16, bfloat16, float32 or float64.</summary>
    public void Add(string name, Tensor tensor, ElementType type = ElementType.Float32)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (ElementConversion.IsInteger(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, "tensors are written as a float type");
        Add(name, type, tensor.Shape, tensor.Length, stream => WriteValues(stream, name, tensor.Span, type, tensor.Shape));
    }

    /// <summary>Adds float32 values of a shape, to be written as float16, bfloat16, float32 or float64.</summary>
    public void Add(string name, ReadOnlyMemory<float> values, ReadOnlySpan<int> shape, ElementType type = ElementType.Float32)
    {
        if (ElementConversion.IsInteger(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, "float values are written as a float type");
        int[] sizes = shape.ToArray();
        Add(name, type, shape, values.Length, stream => WriteValues(stream, name, values.Span, type, sizes));
    }

    /// <summary>Adds float64 values.</summary>
    public void Add(string name, ReadOnlyMemory<double> values, params ReadOnlySpan<int> shape) =>
        Add(name, ElementType.Float64, shape, values.Length, stream => ValueWriting.Write(stream, values.Span));

    /// <summary>Adds int64 values.</summary>
    public void Add(string name, ReadOnlyMemory<long> values, params ReadOnlySpan<int> shape) =>
        Add(name, ElementType.Int64, shape, values.Length, stream => ValueWriting.Write(stream, values.Span));

    /// <summary>Writes the file; an existing one stays untouched until the new one is on the disk.</summary>
    public void Write(string path) => AtomicFile.Write(path, Write);

    /// <summary>Writes the same bytes to a stream.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Entry[] ordered = [.. _entries.Values.OrderByDescending(entry => ElementConversion.SizeOf(entry.Type))];
        byte[] header = Header(ordered);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (Entry entry in ordered)
            entry.WriteValues(stream);
    }

    private static void WriteValues(Stream stream, string name, ReadOnlySpan<float> values, ElementType type, ReadOnlySpan<int> shape)
    {
        ValueWriting.RequireRange(values, type, $"tensor '{name}'",
            shape.Length > 1 ? Math.Max(1, values.Length / Math.Max(1, shape[0])) : 1);
        ValueWriting.Write(stream, values, type);
    }

    private void Add(string name, ElementType type, ReadOnlySpan<int> shape, int length, ValuesWriter write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        long count = 1;
        foreach (int size in shape)
            count *= size;
        if (count != length)
            throw new ArgumentException($"tensor '{name}' has {length} values, its shape [{string.Join(", ", shape.ToArray())}] {count}",
                nameof(shape));
        if (name == "__metadata__" || !_entries.TryAdd(name, new Entry(name, type, shape.ToArray(), length, write)))
            throw new ArgumentException($"the name '{name}' is taken", nameof(name));
    }

    private byte[] Header(Entry[] ordered)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in _metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (Entry entry in ordered)
            {
                long end = offset + ((long)entry.Count * ElementConversion.SizeOf(entry.Type));
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", TypeName(entry.Type));
                json.WriteStartArray("shape");
                foreach (int size in entry.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        // Spaces up to a multiple of 8: the data begins aligned.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static string TypeName(ElementType type) => type switch
    {
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        ElementType.Float32 => "F32",
        ElementType.Float64 => "F64",
        ElementType.Int64 => "I64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be written"),
    };

    private sealed record Entry(string Name, ElementType Type, int[] Shape, int Count, ValuesWriter WriteValues);
}
