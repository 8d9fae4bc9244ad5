using System.Runtime.InteropServices;
using CsAligner.Tensors;
using NetVips;
using Vips = NetVips.NetVips;

namespace CsAligner.Data.Images;

/// <summary>libvips, which comes with the packages NetVips and NetVips.Native: set up once for the process.</summary>
internal static class ImageLibrary
{
    private const int LongestMessage = 200;

    private static readonly Lock Gate = new();
    private static bool _ready;

    /// <summary>"8.18.7" and the like: part of the key of everything that was rasterised with it.</summary>
    public static string Version
    {
        get
        {
            Load();
            return $"{Vips.Version(0)}.{Vips.Version(1)}.{Vips.Version(2)}";
        }
    }

    /// <summary>Sets libvips up; later calls return at once.</summary>
    /// <exception cref="InputException">The application has none for this system, or one that is too old.</exception>
    public static void Load()
    {
        if (Volatile.Read(ref _ready))
            return;
        lock (Gate)
        {
            if (_ready)
                return;
            if (!ModuleInitializer.VipsInitialized)
                throw Missing("none was found", ModuleInitializer.Exception);
            // Older versions cannot block loaders that are not fuzzed.
            if (!Vips.AtLeastLibvips(8, 13))
                throw Missing($"that of the system, {Vips.Version(0)}.{Vips.Version(1)}, is too old", null);
            // libvips would print to stderr itself; exceptions carry what matters.
            Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, (_, _, _) => { });
            Cache.Max = 0;
            Vips.Concurrency = 1;
            // Everything that is not fuzzed is off, then the one loader of those that we need is on again:
            // SvgGuard stands before it.
            Vips.BlockUntrusted = true;
            Operation.Block("VipsForeignLoadSvgBuffer", false);
            Volatile.Write(ref _ready, true);
        }
    }

    /// <summary>libvips' message for a failure, as one short line.</summary>
    public static string Message(VipsException failure)
    {
        // First comes which operation was called, then the error buffer, which is the process's: another thread may have emptied it.
        string line = failure.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .FirstOrDefault() ?? "no reason given";
        return line.Length > LongestMessage ? line[..LongestMessage] : line;
    }

    private static InputException Missing(string why, Exception? cause) => new(
        $"pictures need libvips 8.13 or later, {why}: publish the application for {RuntimeInformation.RuntimeIdentifier} (-r) where the "
            + "package NetVips.Native has a library for it, else install libvips with the system's packages",
        cause);
}
