using CsAligner.Data.Interop;
using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>DuckDB from npm, for the metadata of clip-retrieval: 70 MB, fetched only when asked for. Licence: MIT.</summary>
public static class DuckDbPackage
{
    /// <summary>Whether the library can be loaded without fetching it.</summary>
    public static bool IsInstalled
    {
        get
        {
            try
            {
                DuckDbLibrary.Load();
                return true;
            }
            catch (InputException)
            {
                return false;
            }
        }
    }

    /// <summary>Fetches the package, where it is not in the cache.</summary>
    /// <param name="progress">Told what is being fetched; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <returns>Its folder.</returns>
    /// <exception cref="InputException">There is none for this system; no npm, no network, another content than pinned.</exception>
    public static Task<string> FetchAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default) => DuckDbLibrary.Package is { } package
        ? NpmPackages.EnsureAsync(package.Name, package.Version, package.Integrity, progress, cancellationToken)
        : throw new InputException($"cannot fetch DuckDB: {DuckDbLibrary.NoPackage}");
}
