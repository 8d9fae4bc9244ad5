using System.Runtime.InteropServices;
using CsAligner.Data.Packages;
using CsAligner.Onnx.Interop;
using CsAligner.Tensors;

namespace CsAligner.Onnx;

/// <summary>
/// Finds ONNX Runtime once for the process: environment variable, application folder, system, then the cache that
/// <see cref="EnsureAsync"/> fills from npm.
/// </summary>
public static class OnnxRuntimeLibrary
{
    /// <summary>The environment variable that names the library file outright: for a GPU build, say.</summary>
    public const string Variable = "CSALIGN_ONNXRUNTIME";

    private static readonly Lock Gate = new();
    private static OnnxApi? _api;

    /// <summary>"1.30.0" and the like.</summary>
    /// <exception cref="InputException">There is no ONNX Runtime.</exception>
    public static string Version => Load().Version;

    /// <summary>What the library can compute with: "CPUExecutionProvider", "CUDAExecutionProvider" and others.</summary>
    /// <exception cref="InputException">There is no ONNX Runtime.</exception>
    public static IReadOnlyList<string> Providers => Load().AvailableProviders();

    /// <summary>Whether one can be loaded without fetching it.</summary>
    public static bool IsInstalled
    {
        get
        {
            lock (Gate) return _api is not null || Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } || (_api = Find()) is not null;
        }
    }

    /// <summary>The pinned package that carries it for this system; null: there is none for it.</summary>
    internal static NpmPackage? Package => PackagedFile is null ? null
        : new("onnxruntime-node", "1.30.0", "sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==");

    private static string? PackagedFile => (OperatingSystem.IsLinux(), OperatingSystem.IsMacOS(), OperatingSystem.IsWindows(), RuntimeInformation.ProcessArchitecture) switch
    {
        (true, _, _, _) when RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) => null,
        (true, _, _, Architecture.X64) => "bin/napi-v6/linux/x64/libonnxruntime.so.1",
        (true, _, _, Architecture.Arm64) => "bin/napi-v6/linux/arm64/libonnxruntime.so.1",
        (_, true, _, Architecture.Arm64) => "bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib",
        (_, _, true, Architecture.X64) => "bin/napi-v6/win32/x64/onnxruntime.dll",
        (_, _, true, Architecture.Arm64) => "bin/napi-v6/win32/arm64/onnxruntime.dll",
        _ => null,
    };

    /// <summary>Makes sure that there is a library: fetches it from npm where none is found (about 100 MB, once).</summary>
    /// <param name="progress">Told what is being fetched; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, another content than pinned, no space, no right to write.</exception>
    public static async Task EnsureAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!IsInstalled && Package is { } package)
            await NpmPackages.EnsureAsync(package.Name, package.Version, package.Integrity, progress, cancellationToken);
        Load();
    }

    /// <summary>The library's interface; found on the first call.</summary>
    /// <exception cref="InputException">It is nowhere to be found, or it does not load.</exception>
    internal static OnnxApi Load()
    {
        lock (Gate) return _api ??= Given() ?? Find() ?? throw Missing();
    }

    private static OnnxApi? Given()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } given) return null;
        try
        {
            return OnnxApi.Of(NativeLibrary.Load(given), given)
                ?? throw new InputException($"cannot use {Variable}={given}: it is no ONNX Runtime, or one older than 1.14; set it to a later one, or unset it");
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new InputException($"cannot load ONNX Runtime from {Variable}={given}: {e.Message}; set it to the library's file, or unset it", e);
        }
    }

    private static OnnxApi? Find()
    {
        foreach (string candidate in Candidates())
        {
            if (!NativeLibrary.TryLoad(candidate, out nint handle)) continue;
            if (OnnxApi.Of(handle, candidate) is { } api) return api;

            // Windows brings one of its own along that is too old.
            NativeLibrary.Free(handle);
        }

        return null;
    }

    private static InputException Missing()
    {
        string cure = Package is null
            ? $"install it with your system's packages, or set {Variable} to its file"
            : $"run 'csalign embed' once with a network, or set {Variable} to its file";
        return new($"ONNX models need ONNX Runtime 1.14 or later, which is not in the application folder, the system or {DataCache.Root}; {cure}");
    }

    private static IEnumerable<string> Candidates()
    {
        string[] names = OperatingSystem.IsMacOS() ? ["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
            : OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
            : ["libonnxruntime.so.1", "libonnxruntime.so"];
        foreach (string name in names)
        {
            yield return Path.Combine(AppContext.BaseDirectory, name);
            yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", name);
        }

        foreach (string name in names) yield return name;
        if (Package is { } package) yield return Path.Combine(NpmPackages.FolderOf(package), PackagedFile!);
    }
}
