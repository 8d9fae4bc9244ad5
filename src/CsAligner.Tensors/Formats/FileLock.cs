namespace CsAligner.Tensors.Formats;

/// <summary>
/// A file that one process at a time holds. The system lets go of it when its holder ends, however that ends: a killed process leaves
/// the file, never the lock.
/// </summary>
/// <remarks>
/// Nobody can read a file that is locked, but its length and times are there to see: the length is the process id of the holder, the
/// time of the last write is since when.
/// </remarks>
public sealed class FileLock : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    private FileLock(string path, FileStream file) => (_path, _file) = (path, file);

    /// <summary>Takes the lock, or gives back null if another holds it.</summary>
    /// <param name="path">The file, made where it is missing. Its folder exists.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be made.</exception>
    public static FileLock? TryTake(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        while (true)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException failure) when (IsSharingViolation(failure))
            {
                return null;
            }

            try
            {
                file.SetLength(Environment.ProcessId);
                File.SetLastWriteTimeUtc(file.SafeFileHandle, DateTime.UtcNow);

                // Its holder may have removed the file after we opened it: then we hold a lock that no one else sees.
                if (IsAt(path, file)) return new FileLock(path, file);
                file.Dispose();
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }

    /// <summary>The holder of a lock that could not be taken, as text; empty if unknown.</summary>
    /// <param name="path">The file.</param>
    public static string Holder(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return !file.Exists || file.Length == 0
                ? ""
                : FormattableString.Invariant($" (process {file.Length}, since {file.LastWriteTime:yyyy-MM-dd HH:mm:ss})");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Removes the file and lets go.</summary>
    public void Dispose()
    {
        // Windows does not remove an open file; if another process takes the lock in between, it keeps the file.
        if (OperatingSystem.IsWindows()) _file.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It stays, unlocked, which does no harm.
        }

        _file.Dispose();
    }

    private static bool IsAt(string path, FileStream file) =>
        new FileInfo(path) is { Exists: true } found && found.Length == file.Length
            && found.LastWriteTimeUtc == File.GetLastWriteTimeUtc(file.SafeFileHandle);

    // EAGAIN/EWOULDBLOCK on Linux (11) and macOS (35), ERROR_SHARING_VIOLATION on Windows.
    private static bool IsSharingViolation(IOException failure) =>
        failure.HResult is 11 or 35 or unchecked((int)0x80070020)
            || failure.Message.Contains("being used by another process", StringComparison.Ordinal);
}
