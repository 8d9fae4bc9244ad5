using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Testing;

namespace CsAligner.Data.Tests;

/// <summary>Gets what a test needs from npm, or skips the test with the reason.</summary>
internal static class NpmNeeds
{
    /// <summary>A set of the manifest, parsed.</summary>
    public static async Task<IconSet> SetAsync(string name)
    {
        IconSource source = IconManifest.Default.Select([name])[0];
        return IconSetReader.Read(await PackageAsync(source.Package!), name);
    }

    /// <summary>The folder of a pinned package.</summary>
    public static async Task<string> PackageAsync(NpmPackage package)
    {
        string folder = Path.Combine(DataCache.Root, package.RelativeFolder);
        await Fetched.OrSkipAsync(package.Name, Directory.Exists(folder),
            token => NpmPackages.EnsureAsync(package.Name, package.Version, package.Integrity, null, token));
        return folder;
    }
}
