using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Packages;

/// <summary>One process at a time fills a place in the cache; others wait for it.</summary>
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
                if (FileLock.TryTake(file) is { } held) return held;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw DataCache.Failure("lock", file, e);
            }

            await Task.Delay(200, cancellationToken);
        }
    }
}
