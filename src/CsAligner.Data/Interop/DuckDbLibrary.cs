using System.Runtime.InteropServices;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Interop;

/// <summary>Finds DuckDB's library, which reads parquet: environment variable, application folder, system, then the cache.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The variable that names the library file outright.</summary>
    public const string Variable = "CSALIGN_DUCKDB";

    // Where .NET runs too; what has another name is a Linux.
    private static readonly string[] OtherSystems = ["freebsd", "alpine", "android", "linux-bionic", "illumos", "solaris", "haiku", "ios", "tvos", "maccatalyst", "browser", "wasi"];

    private static readonly Lock Gate = new();

    /// <summary>
    /// The pinned packages by runtime identifier: for linux-x64, which is what was run, the newest; for the others, of which only the
    /// hashes were looked at, the newest that npm has of all.
    /// </summary>
    public static IReadOnlyDictionary<string, NpmPackage> Packages { get; } = new Dictionary<string, NpmPackage>(StringComparer.Ordinal)
    {
        ["linux-x64"] = new("@duckdb/node-bindings-linux-x64", "1.5.6-r.1", "sha512-IXcrZJE6kEqM0Z4wwdVnGBHX/frOS33VPNAwDXQ/Q+Fs84b058Qe94chrCCIcNJlG8Y3UHIUU4eBeCQxW5mN1Q=="),
        ["linux-arm64"] = new("@duckdb/node-bindings-linux-arm64", "1.5.5-r.5", "sha512-CafH2AIvXtpwDynG3KB/4uEOHRGlFoB7auCRMIwH3BKNIobsANV5LSpDJ3tfyRCFIsK6e8AT1eseWVnu2Dv3cw=="),
        ["osx-x64"] = new("@duckdb/node-bindings-darwin-x64", "1.5.5-r.5", "sha512-rN0KjX13MwVQ5V5ufykolty/tf4SaafOpGWcUA1Cegf98jPeRdsJsEE1IMXn8n3u6WvMSZEVJmHJ3ma4Hr7Vzg=="),
        ["osx-arm64"] = new("@duckdb/node-bindings-darwin-arm64", "1.5.5-r.5", "sha512-WJdeLTFy4pRg60rkbp9smtlP1iIQ8ErtIJkxS+2LQtM1ZZMSByyW+3WPpNoKe7IwPtVl2fLlPw7tDmQW4Z974g=="),
        ["win-x64"] = new("@duckdb/node-bindings-win32-x64", "1.5.5-r.5", "sha512-mBGFn8netT/AAhK4TOG6Fw47+Db68CxCVtQ9qfxZc1kZAjds+aYrh17Fd/u5CbTDdxILsrcyuF8q9cUcm54kQA=="),
        ["win-arm64"] = new("@duckdb/node-bindings-win32-arm64", "1.5.5-r.5", "sha512-L3Mroc23xhqOowWVElni8LgEmsm5e9DdG1y2pLka/1ug3Pl2vpQMl1Phxwz4UEMF8DOBbMgN5BBNrYwG2BFo+g=="),
    };

    /// <summary>The pinned package that carries it for this system; null: there is none for it.</summary>
    public static NpmPackage? Package { get; } = PackageFor(RuntimeInformation.RuntimeIdentifier, RuntimeInformation.ProcessArchitecture);

    /// <summary>What to do where there is no package.</summary>
    public static string NoPackage => $"npm has no DuckDB for {RuntimeInformation.RuntimeIdentifier}, but for {string.Join(", ", Packages.Keys)}; install DuckDB's library (1.0 or later), or set {Variable} to its file";

    /// <summary>The loaded library; 0 before <see cref="Load"/>.</summary>
    public static nint Handle { get; private set; }

    /// <summary>Loads it; later calls return at once.</summary>
    /// <exception cref="InputException">It is nowhere to be found, or it does not load.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (Handle == 0) Handle = Find();
        }
    }

    /// <summary>The package for a system; null: there is none.</summary>
    /// <param name="identifier">The runtime identifier; the system's own release may stand in it: <c>debian.12-x64</c>, <c>osx.15-arm64</c>.</param>
    /// <param name="processor">The process' processor.</param>
    public static NpmPackage? PackageFor(string identifier, Architecture processor)
    {
        // musl has no glibc, which the library for Linux needs.
        string? system = identifier.Contains("musl", StringComparison.Ordinal) ? null
            : identifier.StartsWith("win", StringComparison.Ordinal) ? "win"
            : identifier.StartsWith("osx", StringComparison.Ordinal) ? "osx"
            : OtherSystems.Any(other => identifier.StartsWith(other, StringComparison.Ordinal)) ? null
            : "linux";
        string? word = processor switch { Architecture.X64 => "x64", Architecture.Arm64 => "arm64", _ => null };
        return system is not null && word is not null ? Packages.GetValueOrDefault($"{system}-{word}") : null;
    }

    private static nint Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            try
            {
                return NativeLibrary.Load(given);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new InputException($"cannot load DuckDB from {Variable}={given}: {e.Message}; set it to a libduckdb 1.0 or later, or unset it", e);
            }
        }

        string name = OperatingSystem.IsMacOS() ? "libduckdb.dylib" : OperatingSystem.IsWindows() ? "duckdb.dll" : "libduckdb.so";
        string?[] candidates = [Path.Combine(AppContext.BaseDirectory, name), name, Package is { } package ? Path.Combine(DataCache.Root, package.RelativeFolder, name) : null];
        foreach (string candidate in candidates.OfType<string>())
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle)) return handle;
        }

        string cure = Package is null ? NoPackage : $"run 'csalign fetch duckdb' to install it (70 MB), or set {Variable} to its file";
        throw new InputException($"parquet needs DuckDB, which is not in the application folder, the system or {DataCache.Root}; {cure}");
    }
}
