using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// The weights of a TensorFlow.js graph model: <c>model.json</c>, whose manifest lists tensors in the order of their bytes, and
/// beside it the shards that these bytes are cut into. The graph itself is not read. The manifest is checked in full on
/// opening: shards are plain files of the same folder and hold exactly the bytes that the tensors need. All failures are
/// <see cref="InputException"/> that name the file.
/// </summary>
public sealed class TensorFlowJsWeights
{
    private const int LargestManifest = 64 << 20;
    private const int MostShards = 4096;
    private const int MostTensors = 100_000;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private TensorFlowJsWeights(string path) => Path = path;

    /// <summary>The path of model.json as it was given.</summary>
    public string Path { get; }

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Reads and checks a manifest.</summary>
    /// <param name="path">The path of model.json.</param>
    /// <exception cref="InputException">
    /// A file is missing; the manifest is over 64 MiB, malformed, names a tensor or shard twice, a shard outside the folder, a
    /// type other than float32 and int32, quantised weights, or sizes that the shards do not have.
    /// </exception>
    public static TensorFlowJsWeights Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var weights = new TensorFlowJsWeights(path);
        byte[] bytes = weights.ReadManifest();
        try
        {
            using JsonDocument document = LenientJson.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            weights.Parse(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperation: bytes or escapes that pass as JSON and fail as text.
            throw new InputException($"cannot read '{path}': it is not valid JSON ({failure.Message.TrimEnd('.')}) (model.json of "
                + "TensorFlow.js was expected)", failure);
        }

        return weights;
    }

    /// <summary>The sizes of a tensor, slowest dimension first, if there is one of that name.</summary>
    public bool TryGetShape(string name, [NotNullWhen(true)] out IReadOnlyList<long>? shape)
    {
        shape = _entries.TryGetValue(name, out Entry? entry) ? entry.Shape : null;
        return shape is not null;
    }

    /// <summary>Reads a tensor as float32.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InputException">There is no such tensor, it is too large, or a shard cannot be read or has changed.</exception>
    public Tensor ReadTensor(string name)
    {
        if (!_entries.TryGetValue(name, out Entry? entry))
            throw Bad($"it has no tensor '{name}'");
        if (entry.End - entry.Begin > Array.MaxLength)
            throw Bad($"tensor '{name}' takes {entry.End - entry.Begin} bytes; the limit is {Array.MaxLength}");
        var tensor = new Tensor(FileReading.TensorShape(entry.Shape, $"tensor '{name}' of '{Path}'"));
        byte[] bytes = new byte[entry.End - entry.Begin];
        foreach (Shard shard in entry.Shards)
        {
            // A tensor may begin in one shard and end in a later one.
            long from = Math.Max(entry.Begin, shard.Begin), to = Math.Min(entry.End, shard.End);
            if (from >= to)
                continue;
            using var handle = FileReading.Open(shard.Path);
            FileReading.ReadExactly(handle, shard.Path, from - shard.Begin, bytes.AsSpan((int)(from - entry.Begin), (int)(to - from)));
        }

        ElementConversion.ToSingle(bytes, entry.Type, tensor.Span);
        return tensor;
    }

    private byte[] ReadManifest()
    {
        using var handle = FileReading.Open(Path);
        long length = RandomAccess.GetLength(handle);
        if (length > LargestManifest)
            throw Bad($"it has {length} bytes; the limit is {LargestManifest}");
        byte[] bytes = new byte[length];
        FileReading.ReadExactly(handle, Path, 0, bytes);
        return bytes;
    }

    private void Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weightsManifest", out JsonElement groups)
            || groups.ValueKind != JsonValueKind.Array)
            throw Bad("it has no array \"weightsManifest\"");
        var paths = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (JsonElement group in groups.EnumerateArray())
        {
            if (group.ValueKind != JsonValueKind.Object || !group.TryGetProperty("paths", out JsonElement names)
                || names.ValueKind != JsonValueKind.Array
                || !group.TryGetProperty("weights", out JsonElement weights) || weights.ValueKind != JsonValueKind.Array)
                throw Bad("a group of its manifest does not have the arrays \"paths\" and \"weights\"");
            List<Shard> shards = Shards(names, paths);
            long end = 0;
            foreach (JsonElement weight in weights.EnumerateArray())
                end = Add(weight, end, shards);
            long given = shards.Count == 0 ? 0 : shards[^1].End;
            if (given != end)
                throw Bad($"its tensors need {end} bytes, but the shards "
                    + $"{(shards.Count == 0 ? "" : $"'{System.IO.Path.GetFileName(shards[0].Path)}' and following ")}have {given}; is a "
                    + "file cut off or of another model?");
        }
    }

    private List<Shard> Shards(JsonElement names, HashSet<string> paths)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        var shards = new List<Shard>();
        long begin = 0;
        foreach (JsonElement element in names.EnumerateArray())
        {
            string name = element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Bad("a shard's name is not a string");
            if (name.Length is 0 or > 255 || name is "." or ".." || name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c)))
                throw Bad($"'{name}' is not a plain file name: shards must be in the same folder");
            if (!paths.Add(name) || paths.Count > MostShards)
                throw Bad(paths.Count > MostShards ? $"it names more than {MostShards} shards" : $"it names the shard '{name}' twice");
            string path = System.IO.Path.Combine(folder, name);
            using var handle = FileReading.Open(path);
            long end = begin + RandomAccess.GetLength(handle);
            shards.Add(new Shard(path, begin, end));
            begin = end;
        }

        return shards;
    }

    private long Add(JsonElement weight, long begin, List<Shard> shards)
    {
        if (weight.ValueKind != JsonValueKind.Object || !weight.TryGetProperty("name", out JsonElement nameElement)
            || nameElement.ValueKind != JsonValueKind.String
            || !weight.TryGetProperty("dtype", out JsonElement type) || type.ValueKind != JsonValueKind.String
            || !weight.TryGetProperty("shape", out JsonElement sizes) || sizes.ValueKind != JsonValueKind.Array)
            throw Bad("a tensor of its manifest does not have name, dtype and shape");
        string name = nameElement.GetString()!;
        if (weight.TryGetProperty("quantization", out _))
            throw Bad($"tensor '{name}' is quantised, which is not supported; use the model with float32 weights");
        ElementType elements = type.GetString() switch
        {
            "float32" => ElementType.Float32,
            "int32" => ElementType.Int32,
            _ => throw Bad($"tensor '{name}' has the type '{type.GetString()}'; supported are float32 and int32"),
        };
        long[] shape =
            [.. sizes.EnumerateArray()
                .Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long value) && value >= 0
            ? value
            : throw Bad($"tensor '{name}' has a size that is not a whole number from 0 to 2^63 - 1"))];
        if (!FileReading.TryCount(shape, 32, out _, out long bits) || long.MaxValue - begin < bits / 8)
            throw Bad($"tensor '{name}' has a shape {FileReading.Describe(shape)} larger than any file");
        if (_entries.Count == MostTensors)
            throw Bad($"it lists more than {MostTensors} tensors");
        if (!_entries.TryAdd(name, new Entry(elements, shape, begin, begin + (bits / 8), shards)))
            throw Bad($"it lists the tensor '{name}' twice");
        return begin + (bits / 8);
    }

    private InputException Bad(string what) => new($"cannot read '{Path}': {what} (model.json of TensorFlow.js was expected)");

    private sealed record Shard(string Path, long Begin, long End);

    /// <summary>A tensor and its bytes in those of its group's shards, one after the other.</summary>
    private sealed record Entry(ElementType Type, long[] Shape, long Begin, long End, IReadOnlyList<Shard> Shards);
}
