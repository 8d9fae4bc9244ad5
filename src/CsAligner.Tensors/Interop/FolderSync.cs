using System.Runtime.InteropServices;

namespace CsAligner.Tensors.Interop;

/// <summary>
/// Makes a rename durable: on Unix the entry of a file lives in its folder, and only fsync of the folder puts it on
/// the disk. .NET cannot open a folder, hence the C library. Windows has no such call and needs none.
/// </summary>
internal static partial class FolderSync
{
    private const int InvalidArgument = 22;
    private const int PermissionDenied = 13;

    /// <summary>Waits until the folder's entries are on the disk.</summary>
    /// <exception cref="IOException">The disk reports an error.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;

        int descriptor = Open(folder, DirectoryFlag);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            // A folder may be writable and not readable; then there is no way to flush it, and the rename stands.
            if (error == PermissionDenied)
                return;
            throw new IOException($"opening the folder failed: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        try
        {
            // Some network and FUSE file systems answer EINVAL: they have nothing to flush.
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() is int error and not InvalidArgument)
                throw new IOException($"flushing the folder failed: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>O_RDONLY | O_DIRECTORY | O_CLOEXEC, whose values differ by system and, on Linux, by processor.</summary>
    private static int DirectoryFlag
    {
        get
        {
            if (OperatingSystem.IsMacOS())
                return 0x100000 | 0x1000000;
            bool isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;
            return (isArm ? 0x4000 : 0x10000) | 0x80000;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
