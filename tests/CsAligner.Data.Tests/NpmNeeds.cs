using CsAligner.Data.Icons;
using CsAligner.Data.Interop;
using CsAligner.Data.Packages;
using CsAligner.Testing;

namespace CsAligner.Data.Tests;

/// <summary>Gets what a test needs from npm, or skips the test with the reason.</summary>
internal static class NpmNeeds
{
    /// <summary>libvips, from wherever it is found; fetched where it is not.</summary>
    public static async Task LibvipsAsync()
    {
        if (!VipsLibrary.IsInstalled)
            await FetchAsync(VipsLibrary.Package);
    }

    /// <summary>DuckDB, which writes and reads parquet.</summary>
    public static Task DuckDbAsync() => Fetched.OrSkipAsync("DuckDB", DuckDbPackage.IsInstalled, token => DuckDbPackage.FetchAsync(null, token));

    /// <summary>A set of the manifest, parsed.</summary>
    public static async Task<IconSet> SetAsync(string name)
    {
        IconSource source = IconManifest.Default.Select([name])[0];
        return IconSetReader.Read(await FetchAsync(source.Package), name);
    }

    /// <summary>The folder of a pinned package.</summary>
    public static Task<string> PackageAsync(NpmPackage package) => FetchAsync(package);

    private static async Task<string> FetchAsync(NpmPackage? package)
    {
        Assert.SkipWhen(package is null, "there is no libvips package for this system");
        string folder = Path.Combine(DataCache.Root, package.RelativeFolder);
        await Fetched.OrSkipAsync(package.Name, Directory.Exists(folder), token => NpmPackages.EnsureAsync(package.Name, package.Version, package.Integrity, null, token));
        return folder;
    }
}
