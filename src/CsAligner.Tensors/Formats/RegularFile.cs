using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// Opens files that others name. Opening a pipe waits for somebody to write into it, for ever, and .NET can neither open without
/// waiting nor tell a pipe from a file. But the system says of pipes, sockets and devices that they have no bytes, as of empty files:
/// what has none is not opened.
/// </summary>
internal static class RegularFile
{
    /// <summary>Opens a plain file that is not empty for reading at any place.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no folder that it could be in.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="InputException">It is empty, a folder, a pipe, a socket or a device.</exception>
    public static SafeFileHandle Open(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"cannot read '{path}': it is a folder; expected a file");
        if (LengthOf(path) == 0)
            throw new InputException(
                $"cannot read '{path}': the file is empty, or a pipe or a device; expected a file with content");
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            _ = RandomAccess.GetLength(handle);
            return handle;
        }
        catch (NotSupportedException failure)
        {
            // macOS counts what waits in a pipe.
            handle.Dispose();
            throw new InputException($"cannot read '{path}': it is a pipe or a device; copy its content into a file",
                failure);
        }
    }

    /// <summary>Reads a plain file that is not empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no folder that it could be in.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InputException">It is no plain file, empty or too large.</exception>
    public static byte[] ReadAll(string path, int most)
    {
        using SafeFileHandle file = Open(path);
        long length = RandomAccess.GetLength(file);
        if (length > most) throw new InputException($"cannot read '{path}': it has {length} bytes; the limit is {most}");
        byte[] bytes = new byte[length];
        for (int done = 0; done < bytes.Length;)
        {
            int count = RandomAccess.Read(file, bytes.AsSpan(done), done);
            done += count > 0 ? count : throw new InputException($"cannot read '{path}': it became shorter while it was read");
        }

        return bytes;
    }

    // For a link, .NET returns the length of the link itself.
    private static long LengthOf(string path)
    {
        if (File.ResolveLinkTarget(path, returnFinalTarget: true) is not { } target) return new FileInfo(path).Length;
        // The links of /proc lead to pipes that have no path.
        return target.Exists || !File.Exists(path) ? new FileInfo(target.FullName).Length : 0;
    }
}
