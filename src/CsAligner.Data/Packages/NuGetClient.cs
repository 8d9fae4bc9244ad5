using System.Security.Cryptography;
using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>Runs the .NET SDK's own client for NuGet, which knows the machine's sources, proxy and credentials.</summary>
internal static class NuGetClient
{
    /// <summary>Downloads a package's file into a folder, checks its content, and returns its path.</summary>
    /// <exception cref="InputException">No SDK, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task<string> DownloadAsync(NuGetPackage package, string folder, CancellationToken cancellationToken)
    {
        string name = $"{package.Name}@{package.Version}";

        // The exact version in brackets would be a range: an id and a version are enough, for the content is pinned.
        var (exitCode, output, errors) = await ClientProcess.RunAsync("dotnet",
            ["package", "download", name, "--output", folder, "--verbosity", "minimal"], folder, name,
            $"cannot fetch {name}: the dotnet client was not found on PATH; install the .NET SDK (10 or later) and run the command again",
            cancellationToken);
        if (exitCode != 0) throw Explain(name, $"{errors}\n{output}");
        string file = Directory.EnumerateFiles(folder, "*.nupkg", SearchOption.AllDirectories).FirstOrDefault()
            ?? throw new InputException($"dotnet downloaded no file for {name}; try 'dotnet package download {name}' by hand");
        await using var stream = File.OpenRead(file);
        string found = Convert.ToBase64String(await SHA512.HashDataAsync(stream, cancellationToken));
        return found == package.Hash
            ? file
            : throw new InputException($"{name} is not the pinned content: expected the SHA-512 {package.Hash}, got {found}; the source "
                + "serves different content: do not use it, and check which sources NuGet uses ('dotnet nuget list source')");
    }

    private static InputException Explain(string name, string said)
    {
        string first = said.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal))
            ?? said.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0) ?? "dotnet said nothing";
        if (first.Length > 160) first = first[..160];
        if (Has("NU1301") || Has("NU1302") || Has("name resolution") || Has("No such host") || Has("Connection refused")
            || Has("unreachable") || Has("timed out"))
            return new InputException($"no network while dotnet downloads {name} ({first}); connect and run the command again");
        if (Has("NU1101") || Has("NU1102") || Has("not found"))
            return new InputException($"dotnet does not find {name} in its sources ({first}); check them with 'dotnet nuget list source'");
        if (Has("No space left") || Has("disk is full"))
            return new InputException($"the disk is full while dotnet downloads {name}; free some space, or set CSALIGN_CACHE to another "
                + "disk");
        if (Has("No .NET SDKs were found") || Has("Unrecognized command") || Has("not executed because"))
            return new InputException($"cannot fetch {name}: it takes the .NET SDK, 10 or later ({first}); install it and run the command "
                + "again");
        return new InputException($"dotnet could not download {name} ({first}); try 'dotnet package download {name}' by hand");

        bool Has(string word) => said.Contains(word, StringComparison.OrdinalIgnoreCase);
    }
}
