using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// The weights of a model folder in Hugging Face's layout: <c>model.safetensors</c>, or shards and
/// <c>model.safetensors.index.json</c>, which says in which shard each tensor is. All failures are <see cref="InputException"/>
/// that name the file.
/// </summary>
public sealed class SafeTensorsSet : IDisposable
{
    /// <summary>The name of weights that are one file.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>The name of the list of shards.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    // A tensor's line is some hundred bytes: far more than any model has.
    private const long LargestIndex = 64 << 20;

    private readonly Dictionary<string, SafeTensorsFile> _fileOf = new(StringComparer.Ordinal);
    private readonly List<SafeTensorsFile> _files = [];

    private SafeTensorsSet(string folder)
    {
        string single = System.IO.Path.Combine(folder, SingleFile), index = System.IO.Path.Combine(folder, IndexFile);
        try
        {
            // Where both are there, the single file counts, as with every other reader.
            if (File.Exists(single) || !File.Exists(index))
                OpenSingle(folder, single);
            else
                OpenShards(folder, index);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The opened path: the single file or the list of shards.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _fileOf.Keys;

    /// <summary>Opens and checks the weights of a folder.</summary>
    /// <param name="folder">The model folder.</param>
    /// <exception cref="InputException">The files are missing or damaged, or do not match the list of shards.</exception>
    public static SafeTensorsSet Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new SafeTensorsSet(folder);
    }

    /// <summary>The file that has a tensor, if one has.</summary>
    public bool TryGetFile(string name, [NotNullWhen(true)] out SafeTensorsFile? file) => _fileOf.TryGetValue(name, out file);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (SafeTensorsFile file in _files)
            file.Dispose();
    }

    private void OpenSingle(string folder, string path)
    {
        if (!File.Exists(path) && File.Exists(System.IO.Path.Combine(folder, "pytorch_model.bin")))
            throw new InputException(
                $"cannot read '{path}': there is no such file, only pytorch_model.bin, which is not supported; save the model with "
                    + "safetensors");
        (Path, SafeTensorsFile file) = (path, SafeTensorsFile.Open(path));
        _files.Add(file);
        foreach (string name in file.Names)
            _fileOf.Add(name, file);
    }

    private void OpenShards(string folder, string index)
    {
        Path = index;
        Dictionary<string, string> shardOf = ReadIndex(index);
        var inShards = new Dictionary<string, SafeTensorsFile>(StringComparer.Ordinal);
        foreach (string shard in shardOf.Values.Distinct(StringComparer.Ordinal))
        {
            string path = System.IO.Path.Combine(folder, shard);
            if (!File.Exists(path))
                throw new InputException(
                    $"cannot read '{index}': it names the shard '{shard}', which is not in the same folder; download that file too");
            SafeTensorsFile file = SafeTensorsFile.Open(path);
            _files.Add(file);
            foreach (string name in file.Names)
            {
                if (!inShards.TryAdd(name, file))
                    throw new InputException($"cannot read '{path}': tensor '{name}' is also in '{inShards[name].Path}'; "
                        + "download the model again");
            }
        }

        foreach ((string name, string shard) in shardOf)
        {
            if (!inShards.TryGetValue(name, out SafeTensorsFile? file) || System.IO.Path.GetFileName(file.Path) != shard)
                throw new InputException($"cannot read '{index}': it names '{shard}' for tensor '{name}', which is not there; "
                    + "download the model again");
            _fileOf.Add(name, file);
        }
    }

    private static Dictionary<string, string> ReadIndex(string index)
    {
        try
        {
            if (new FileInfo(index).Length > LargestIndex)
                throw new InputException($"cannot read '{index}': it has more than {LargestIndex >> 20} MiB; a list of shards is far "
                    + "smaller: download it again");
            using JsonDocument document =
                LenientJson.Parse(File.ReadAllBytes(index), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
                throw new InputException($"cannot read '{index}': expected an object with \"weight_map\", which names "
                    + "the file of each tensor; download it again");
            var shards = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty entry in map.EnumerateObject())
            {
                string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
                // A name alone: a list from elsewhere must not make us read other folders.
                if (string.IsNullOrEmpty(shard) || shard.AsSpan().IndexOfAny("/\\:\0") >= 0
                    || !shard.EndsWith(".safetensors", StringComparison.Ordinal))
                    throw new InputException(
                        $"cannot read '{index}': it says that tensor '{entry.Name}' is "
                            + $"in {entry.Value.GetRawText().ReplaceLineEndings(" ")}; the name of a .safetensors file beside the list "
                            + "was expected");
                shards.Add(entry.Name, shard);
            }

            return shards.Count > 0
                ? shards
                : throw new InputException($"cannot read '{index}': its \"weight_map\" is empty; download it again");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new InputException($"cannot read '{index}': it is not valid JSON ({failure.Message}); download it again", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{index}': {failure.Message}", failure);
        }
    }
}
