namespace CsAligner.Data.Packages;

/// <summary>The temporary folders in which packages are unpacked, beside those that are complete.</summary>
internal static class CacheFolder
{
    /// <summary>Removes what killed processes left. The place is locked.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (string left in Directory.EnumerateDirectories(folder, ".tmp-*"))
            TryDelete(left);
    }

    /// <summary>Removes a folder; if it cannot be removed, the next fetch does it.</summary>
    public static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next fetch removes it.
        }
    }
}
