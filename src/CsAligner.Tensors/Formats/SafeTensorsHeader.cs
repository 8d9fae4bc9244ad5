using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// The header of a safetensors file: its length as a little-endian u64, then JSON. Sorted by their offsets the
/// tensors must tile the data exactly, so no byte is read twice and none is hidden.
/// </summary>
internal sealed class SafeTensorsHeader
{
    private const long MaxLength = 100_000_000;

    public required IReadOnlyList<Entry> Entries { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required long DataOffset { get; init; }

    public static SafeTensorsHeader Read(SafeFileHandle handle, string path)
    {
        long fileLength = RandomAccess.GetLength(handle);
        if (fileLength < 8)
            throw Bad(path, $"it ends after {fileLength} bytes, inside its header");
        Span<byte> prefix = stackalloc byte[8];
        FileReading.ReadExactly(handle, path, 0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)MaxLength)
            throw Bad(path, $"its header states {length} bytes; the limit is {MaxLength}");
        if ((long)length > fileLength - 8)
            throw Bad(path, $"it ends after {fileLength} bytes, inside its header of {length}");

        byte[] json = new byte[length];
        FileReading.ReadExactly(handle, path, 8, json);
        if (json is not [(byte)'{', ..])
            throw Bad(path, "its header does not begin with '{'");
        if (!Utf8.IsValid(json))
            throw Bad(path, "its header is not valid UTF-8");
        long dataOffset = 8 + (long)length;
        try
        {
            using JsonDocument document =
                JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            return Parse(path, document.RootElement, dataOffset, fileLength - dataOffset);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperation: an escaped half of a surrogate pair, which passes as JSON and fails as text.
            throw new InputException(
                $"cannot read '{path}': its header is not valid JSON ({failure.Message}) (a safetensors file was expected)", failure);
        }
    }

    private static SafeTensorsHeader Parse(string path, JsonElement root, long dataOffset, long dataLength)
    {
        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in root.EnumerateObject())
        {
            string name = property.Name;
            if (name == "__metadata__")
                ParseMetadata(path, property.Value, metadata);
            else
                entries.Add(ParseEntry(path, name, property.Value));
        }

        entries.Sort((left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        long end = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Begin != end)
                throw Bad(path,
                    $"tensor '{entry.Info.Name}' begins at byte {entry.Begin} of the data, expected {end}: tensors must not overlap or "
                        + "leave holes");
            end = entry.End;
        }

        if (end != dataLength)
        {
            string what = dataLength < end ? "is cut off" : "has bytes after its data";
            throw Bad(path, $"the file {what}: its tensors need {end} bytes, but {dataLength} are there");
        }

        return new SafeTensorsHeader { Entries = entries, Metadata = metadata, DataOffset = dataOffset };
    }

    private static void ParseMetadata(string path, JsonElement element, Dictionary<string, string> metadata)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Bad(path, "__metadata__ is not an object");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Bad(path, "__metadata__ holds a value that is not a string");
            metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    private static Entry ParseEntry(string path, string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String
            || !element.TryGetProperty("shape", out JsonElement shapeElement) || shapeElement.ValueKind != JsonValueKind.Array
            || !element.TryGetProperty("data_offsets", out JsonElement offsets) || offsets.ValueKind != JsonValueKind.Array
            || offsets.GetArrayLength() != 2)
            throw Bad(path, $"tensor '{name}' does not have dtype, shape and data_offsets");

        string typeName = dtype.GetString()!;
        (ElementType type, int bits) = ParseType(typeName);
        if (bits == 0)
            throw Bad(path, $"tensor '{name}' has the unknown type '{typeName}'");
        long[] shape = [.. shapeElement.EnumerateArray().Select(size => Number(path, name, size))];
        long begin = Number(path, name, offsets[0]);
        long end = Number(path, name, offsets[1]);
        if (!FileReading.TryCount(shape, bits, out long count, out long totalBits))
            throw Bad(path, $"tensor '{name}' has a shape {FileReading.Describe(shape)} larger than any file");
        if (totalBits % 8 != 0 || end < begin || end - begin != totalBits / 8)
            throw Bad(path,
                $"tensor '{name}' of {typeName} {FileReading.Describe(shape)} needs {totalBits / 8.0} bytes, its offsets [{begin}, {end}] "
                    + $"give {(decimal)end - begin}");
        return new Entry(new SafeTensorInfo(name, typeName, type, shape, count), begin, end);
    }

    private static (ElementType Type, int Bits) ParseType(string name) => name switch
    {
        "F16" => (ElementType.Float16, 16),
        "BF16" => (ElementType.BFloat16, 16),
        "F32" => (ElementType.Float32, 32),
        "F64" => (ElementType.Float64, 64),
        "I64" => (ElementType.Int64, 64),
        "I32" => (ElementType.Int32, 32),
        "I16" => (ElementType.Int16, 16),
        "I8" => (ElementType.Int8, 8),
        "U64" => (ElementType.UInt64, 64),
        "U32" => (ElementType.UInt32, 32),
        "U16" => (ElementType.UInt16, 16),
        "U8" => (ElementType.UInt8, 8),
        "BOOL" => (ElementType.Bool, 8),
        "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => (ElementType.Other, 8),
        "C64" => (ElementType.Other, 64),
        "F4" => (ElementType.Other, 4),
        "F6_E2M3" or "F6_E3M2" => (ElementType.Other, 6),
        _ => (ElementType.Other, 0),
    };

    private static long Number(string path, string name, JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long value) && value >= 0
            ? value
            : throw Bad(path, $"tensor '{name}' has a size or offset that is not a whole number from 0 to 2^63 - 1");

    private static InputException Bad(string path, string what) => new($"cannot read '{path}': {what} (a safetensors file was expected)");

    /// <summary>A tensor and its bytes, counted from the start of the data.</summary>
    internal sealed record Entry(SafeTensorInfo Info, long Begin, long End);
}
