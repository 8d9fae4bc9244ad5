using System.Reflection;
using System.Runtime.InteropServices;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Interop;

/// <summary>Finds libvips and sets it up once: environment variable, application folder, system, then the cache.</summary>
internal static class VipsLibrary
{
    /// <summary>The variable that names the library file outright.</summary>
    public const string Variable = "CSALIGN_LIBVIPS";

    private static readonly Lock Gate = new();
    private static nint _handle;
    private static bool _ready;
    private static bool _registered;

    /// <summary>The pinned package that carries libvips for this system; null: there is none for it.</summary>
    public static NpmPackage? Package => RuntimeInformation.RuntimeIdentifier switch
    {
        _ when OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64 => new("@img/sharp-libvips-darwin-arm64", "1.3.4", "sha512-5R89nBYiRdUlSWJxPhO+GVtaXzXSxKnRu/xqMn3KTA3L9EB9Oy/P+Nn2f2vlhPuUdy/Zusb2DarbyTpGCfEDuw=="),
        _ when OperatingSystem.IsMacOS() => new("@img/sharp-libvips-darwin-x64", "1.3.4", "sha512-iR2OKH80yi0U+dUplyh3/xdpFvps6YkCwsXenIJxqxR1v9o+xtKTGbS9H7cps+2Vxjc8B1j96p75NmTGjIhtpQ=="),
        var id when id.Contains("musl", StringComparison.Ordinal) => RuntimeInformation.ProcessArchitecture != Architecture.X64 ? null
            : new("@img/sharp-libvips-linuxmusl-x64", "1.3.4", "sha512-6zXKeE/p39I1AmA3cJG35eyBGNqNddLnUXjhwBnsGjFPWqf5VKkDBEqaEkPDoTEtkxwi2vv8Tcr2mDyP4So7Fg=="),
        _ when !OperatingSystem.IsLinux() => null,
        _ => RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => new("@img/sharp-libvips-linux-x64", "1.3.4", "sha512-GJ//SSXbnwSDes02umB3nDJLFcQzw8a18V8fyhqr6tV515tOEMdImjjxj1AoafMRz56F3PHgftnj1QEKSU1zkw=="),
            Architecture.Arm64 => new("@img/sharp-libvips-linux-arm64", "1.3.4", "sha512-Y3dgX/6lE2QhQb+Gxy0WZxfg9MEm/JBjamZpS2IklP7xIQoKN4hzAm7KcMVGtaVDt3neE9OKBC7vAfonA/Lr1A=="),
            _ => null,
        },
    };

    /// <summary>"8.18.7" and the like: part of the key of everything that was rasterised with it.</summary>
    public static string Version
    {
        get
        {
            Load();
            return $"{NativeVips.vips_version(0)}.{NativeVips.vips_version(1)}.{NativeVips.vips_version(2)}";
        }
    }

    /// <summary>True when a libvips can be loaded without fetching one.</summary>
    public static bool IsInstalled
    {
        get
        {
            lock (Gate)
            {
                if (_ready || Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
                    return true;
                foreach (string candidate in Candidates())
                {
                    if (NativeLibrary.TryLoad(candidate, out nint handle))
                    {
                        // Not freed: loading it again gives the same handle.
                        _handle = handle;
                        return true;
                    }
                }

                return false;
            }
        }
    }

    /// <summary>Called once by the interop class, before its first call resolves.</summary>
    public static void Register()
    {
        lock (Gate)
        {
            if (_registered)
                return;
            NativeLibrary.SetDllImportResolver(typeof(NativeVips).Assembly, Resolve);
            _registered = true;
        }
    }

    /// <summary>Loads and sets up libvips; later calls return at once.</summary>
    /// <exception cref="InputException">It is nowhere to be found, or it does not load.</exception>
    public static void Load()
    {
        if (Volatile.Read(ref _ready))
            return;
        lock (Gate)
        {
            if (_ready)
                return;
            _handle = Find();
            // It would print to stderr on its own; what matters is in the error buffer. .NET's own variables do not reach it.
            NativeVips.g_setenv("VIPS_WARNING", "0", 1);
            if (NativeVips.vips_init("csalign") != 0)
                throw new InputException($"libvips was found but does not start: {TakeError()}; remove it, then run 'csalign fetch icons' to get the pinned one");
            NativeVips.vips_cache_set_max(0);
            NativeVips.vips_concurrency_set(1);
            // Everything that is not fuzzed is off, then the one loader of those that we need is on again:
            // SvgGuard stands before it.
            NativeVips.vips_block_untrusted_set(1);
            NativeVips.vips_operation_block_set("VipsForeignLoadSvgBuffer", 0);
            Volatile.Write(ref _ready, true);
        }
    }

    /// <summary>The process-wide error buffer as one short line; it is emptied.</summary>
    public static string TakeError()
    {
        nint text = NativeVips.vips_error_buffer_copy();
        string message = Marshal.PtrToStringUTF8(text) ?? "";
        NativeVips.g_free(text);
        string line = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "no reason given";
        return line.Length > 200 ? line[..200] : line;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == NativeVips.Library ? _handle : name == NativeDuckDb.Library ? DuckDbLibrary.Handle : 0;

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
                throw new InputException($"cannot load libvips from {Variable}={given}: {e.Message}; set it to a libvips 8.13 or later, or unset it", e);
            }
        }

        foreach (string candidate in Candidates())
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
                return handle;
        }

        string cure = Package is null
            ? $"install libvips with your system's packages, or set {Variable} to its file"
            : $"run 'csalign fetch icons' to install it, or set {Variable} to its file";
        throw new InputException($"images need libvips, which is not in the application folder, the system or {DataCache.Root}; {cure}");
    }

    private static IEnumerable<string> Candidates()
    {
        string[] names = OperatingSystem.IsMacOS() ? ["libvips-cpp.42.dylib", "libvips.42.dylib", "libvips.dylib"]
            : OperatingSystem.IsWindows() ? ["libvips-42.dll"]
            : ["libvips.so.42", "libvips.so"];
        foreach (string file in LibrariesIn(AppContext.BaseDirectory))
            yield return file;
        foreach (string name in names)
            yield return Path.Combine(AppContext.BaseDirectory, name);
        foreach (string name in names)
            yield return name;
        if (Package is { } package)
        {
            foreach (string file in LibrariesIn(Path.Combine(DataCache.Root, package.RelativeFolder, "lib")))
                yield return file;
        }
    }

    private static IEnumerable<string> LibrariesIn(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "libvips-cpp.*").Order(StringComparer.Ordinal) : [];
}
