namespace CsAligner.Tensors.Formats;

/// <summary>
/// Holds a folder, or a file, for as long as a run writes to it: a second run says so and stops before it changes anything. The lock is
/// a hidden file in the folder, so whatever path leads there is the same place; it is removed at the end, and one that a killed
/// run left has no effect.
/// </summary>
public sealed class OutputLock : IDisposable
{
    /// <summary>The lock of a folder; a file's lock is prefixed with the file's name.</summary>
    public const string FileName = ".csalign.lock";

    private const string SharePrefix = ".csalign.share-";
    private const string Suffix = ".lock";

    // Shares begin together, and each has the folder to itself for a moment: others wait for so long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly FileLock _lock;
    private readonly CreatedFolders? _made;

    private OutputLock(FileLock held, CreatedFolders? made) => (_lock, _made) = (held, made);

    /// <summary>Holds a folder, which is made where it is missing.</summary>
    /// <param name="folder">The folder of a run.</param>
    /// <exception cref="InputException">Another run is at work there; it cannot be made or written to.</exception>
    public static OutputLock OfFolder(string folder)
    {
        CreatedFolders made = CreatedFolders.Create(folder);
        OutputLock held = Take(Path.Combine(folder, FileName), folder, made);
        try
        {
            RequireNoShare(folder, _ => true);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Holds one of several shares of the work in a folder. Those of other numbers may be at work too; the same one, one of another
    /// number of shares and a run of the whole may not.
    /// </summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="part">From 1 to <paramref name="parts"/>.</param>
    /// <param name="parts">At least 1.</param>
    /// <exception cref="InputException">Another run is at work on this; it cannot be made or written to.</exception>
    public static OutputLock OfShare(string folder, int part, int parts)
    {
        CreatedFolders made = CreatedFolders.Create(folder);
        string place = Path.Combine(folder, FileName), end = FormattableString.Invariant($"-of-{parts}{Suffix}");
        string share = FormattableString.Invariant($"{SharePrefix}{part}{end}");
        long begin = Environment.TickCount64;
        FileLock? gate;
        while ((gate = TryTake(place, folder)) is null)
        {
            if (Environment.TickCount64 - begin > Patience.TotalMilliseconds) throw AtWork(folder, place);
            Thread.Sleep(10);
        }

        using (gate)
        {
            RequireNoShare(folder, name => name == share || !name.EndsWith(end, StringComparison.Ordinal));
            return Take(Path.Combine(folder, share), folder, made);
        }
    }

    /// <summary>Holds a file that a run writes or keeps its progress in. Its folder must exist.</summary>
    /// <param name="path">The file; where it is a link, what it points to is held.</param>
    /// <exception cref="InputException">Another run writes it; its folder cannot be written to.</exception>
    public static OutputLock OfFile(string path)
    {
        string full = AtomicFile.Target(path), folder = Path.GetDirectoryName(full)!;
        return Take(Path.Combine(folder, $".{Path.GetFileName(full)}{FileName}"), path, null);
    }

    /// <summary>Lets go. Folders that were made for the lock, and that nothing was written to, go too.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        _made?.RemoveEmpty();
    }

    private static OutputLock Take(string path, string named, CreatedFolders? made) =>
        new(TryTake(path, named) ?? throw AtWork(named, path), made);

    private static FileLock? TryTake(string path, string named)
    {
        try
        {
            return FileLock.TryTake(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.Failure(named, failure);
        }
    }

    // A lock file without a holder was left by a killed run.
    private static void RequireNoShare(string folder, Func<string, bool> hinders)
    {
        foreach (string path in Directory.GetFiles(folder, $"{SharePrefix}*{Suffix}"))
        {
            if (!hinders(Path.GetFileName(path))) continue;
            using FileLock free = TryTake(path, folder) ?? throw AtWork(folder, path);
        }
    }

    private static InputException AtWork(string named, string path) =>
        new($"another csalign is writing '{named}'{FileLock.Holder(path)}: wait until it ends, or give another output path");
}
