using System.Text.RegularExpressions;

namespace CsAligner.Data.Packages;

/// <summary>A package of the npm registry, pinned to its content.</summary>
/// <param name="Name">Its name, such as <c>@iconify-json/lucide</c>.</param>
/// <param name="Version">The exact version, such as <c>1.2.137</c>.</param>
/// <param name="Integrity">The hash of its tarball as lock files write it: <c>sha512-</c> and base64.</param>
public sealed partial record NpmPackage(string Name, string Version, string Integrity)
{
    /// <summary>Where <see cref="NpmPackages"/> unpacks it, relative to the cache.</summary>
    internal string RelativeFolder => Path.Combine("npm", Name.Replace('/', Path.DirectorySeparatorChar), Version);

    /// <summary>The name of the packed file in every npm version.</summary>
    internal string TarballName => $"{Name.TrimStart('@').Replace('/', '-')}-{Version}.tgz";

    /// <summary>Names and versions go on a command line: anything but their plain alphabet is refused.</summary>
    internal static void Validate(NpmPackage package)
    {
        if (!NamePattern().IsMatch(package.Name))
            throw new ArgumentException($"'{package.Name}' is not the name of an npm package", nameof(package));
        if (!VersionPattern().IsMatch(package.Version))
            throw new ArgumentException($"'{package.Version}' is not an exact version of {package.Name}", nameof(package));
        if (!IntegrityPattern().IsMatch(package.Integrity))
            throw new ArgumentException($"the integrity of {package.Name} is not a sha512 value", nameof(package));
    }

    [GeneratedRegex(@"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$", RegexOptions.None, 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)?$", RegexOptions.None, 1000)]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^sha512-[A-Za-z0-9+/]{86}==$", RegexOptions.None, 1000)]
    private static partial Regex IntegrityPattern();
}
