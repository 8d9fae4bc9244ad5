using System.Runtime.InteropServices;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Interop;

/// <summary>Finds DuckDB's library, which reads parquet: environment variable, application folder, system, then the cache.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The variable that names the library file outright.</summary>
    public const string Variable = "CSALIGN_DUCKDB";

    private static readonly Lock Gate = new();

    /// <summary>The pinned package that carries it for this system; null: there is none for it.</summary>
    public static NpmPackage? Package { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
        ? new("@duckdb/node-bindings-linux-x64", "1.5.6-r.1", "sha512-IXcrZJE6kEqM0Z4wwdVnGBHX/frOS33VPNAwDXQ/Q+Fs84b058Qe94chrCCIcNJlG8Y3UHIUU4eBeCQxW5mN1Q==")
        : null;

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

        string cure = Package is null ? $"install DuckDB's library, or set {Variable} to its file" : $"run 'csalign fetch duckdb' to install it (70 MB), or set {Variable} to its file";
        throw new InputException($"parquet needs DuckDB, which is not in the application folder, the system or {DataCache.Root}; {cure}");
    }
}
