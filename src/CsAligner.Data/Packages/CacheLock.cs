namespace CsAligner.Data.Packages;

/// <summary>One process at a time fills a place in the cache. The system frees the lock when its holder dies.</summary>
internal static class CacheLock
{
    /// <summary>Waits for the lock file and holds it until disposed.</summary>
    public static async Task<IDisposable> TakeAsync(string file, CancellationToken cancellationToken)
    {
        DataCache.CreateFolder(Path.GetDirectoryName(file)!);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // The file stays: removing it would let a third process lock a new file of the same name.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (UnauthorizedAccessException e)
            {
                throw DataCache.Failure("lock", file, e);
            }
            catch (IOException e) when (!IsSharingViolation(e))
            {
                throw DataCache.Failure("lock", file, e);
            }
            catch (IOException)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    // EAGAIN/EWOULDBLOCK on Linux (11) and macOS (35), ERROR_SHARING_VIOLATION on Windows.
    private static bool IsSharingViolation(IOException e) =>
        e.HResult is 11 or 35 or unchecked((int)0x80070020) || e.Message.Contains("being used by another process", StringComparison.Ordinal);
}
