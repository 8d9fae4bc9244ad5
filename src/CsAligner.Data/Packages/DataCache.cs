using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>The folder on this machine that downloaded packages and rasters are kept in between runs.</summary>
public static class DataCache
{
    /// <summary>
    /// The cache folder: the environment variable CSALIGN_CACHE, else XDG_CACHE_HOME/csalign, else
    /// .cache/csalign in the user's home.
    /// </summary>
    public static string Root
    {
        get
        {
            if (Environment.GetEnvironmentVariable("CSALIGN_CACHE") is { Length: > 0 } own)
                return Path.GetFullPath(own);
            if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } shared && Path.IsPathFullyQualified(shared))
                return Path.Combine(shared, "csalign");
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "csalign");
        }
    }

    /// <summary>Creates a folder inside or outside the cache, with the plain error line when that fails.</summary>
    internal static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure("create the folder", folder, e);
        }
    }

    /// <summary>Turns a failed write into the line a user can act on.</summary>
    internal static InputException Failure(string operation, string path, Exception cause) =>
        new($"cannot {operation} {path}: {cause.Message.TrimEnd('.')}; free some space, or set CSALIGN_CACHE to a folder that can be "
            + "written", cause);
}
