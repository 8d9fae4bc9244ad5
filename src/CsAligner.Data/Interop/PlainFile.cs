using System.Runtime.InteropServices;
using CsAligner.Tensors;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Data.Interop;

/// <summary>
/// Opens files that others name. Opening a pipe waits for somebody to write into it, for ever: .NET cannot open without waiting,
/// hence the C library.
/// </summary>
internal static partial class PlainFile
{
    private const int NoSuchFile = 2;
    private const int NotFolder = 20;

    /// <summary>Opens a plain file for reading at any place.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="InputException">It is a folder, a pipe, a socket or a terminal. Devices that can seek pass as empty files.</exception>
    public static SafeFileHandle Open(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"cannot read '{path}': it is a folder, a file was expected");
        SafeFileHandle handle = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()
            ? OpenWithoutWaiting(path)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        try
        {
            _ = RandomAccess.GetLength(handle);
            return handle;
        }
        catch (NotSupportedException failure)
        {
            handle.Dispose();
            throw new InputException($"cannot read '{path}': it is not a plain file, but a pipe or a device; copy its content into a file", failure);
        }
    }

    /// <summary>Reads a plain file that is not empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InputException">It is no plain file, empty or too large.</exception>
    public static byte[] ReadAll(string path, int most)
    {
        using SafeFileHandle file = Open(path);
        long length = RandomAccess.GetLength(file);
        if (length == 0) throw new InputException($"cannot read '{path}': it is empty, or a device");
        if (length > most) throw new InputException($"cannot read '{path}': it has {length} bytes, pictures of at most {most} are read");
        byte[] bytes = new byte[length];
        for (int done = 0; done < bytes.Length;)
        {
            int count = RandomAccess.Read(file, bytes.AsSpan(done), done);
            done += count > 0 ? count : throw new InputException($"cannot read '{path}': it became shorter while it was read");
        }

        return bytes;
    }

    private static SafeFileHandle OpenWithoutWaiting(string path)
    {
        var handle = new SafeFileHandle(Open(path, NonBlocking), ownsHandle: true);
        if (!handle.IsInvalid) return handle;
        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        string message = Marshal.GetPInvokeErrorMessage(error);
        throw error is NoSuchFile or NotFolder ? new FileNotFoundException(message, path) : new IOException(message);
    }

    /// <summary>O_RDONLY | O_NONBLOCK | O_CLOEXEC.</summary>
    private static int NonBlocking => OperatingSystem.IsMacOS() ? 0x4 | 0x1000000 : 0x800 | 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
