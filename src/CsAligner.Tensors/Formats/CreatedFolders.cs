namespace CsAligner.Tensors.Formats;

/// <summary>Folders that were made for output, to be taken away again where nothing came into them.</summary>
public sealed class CreatedFolders
{
    // Deepest first.
    private readonly List<string> _made = [];

    private CreatedFolders()
    {
    }

    /// <summary>Creates a folder with its parents, as <see cref="AtomicFile.CreateFolder"/> does,
    /// and notes which of them were not there.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InputException">It cannot be created.</exception>
    public static CreatedFolders Create(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var folders = new CreatedFolders();
        for (string? path = Path.GetFullPath(folder); path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
            folders._made.Add(Path.TrimEndingDirectorySeparator(path));
        AtomicFile.CreateFolder(folder);
        return folders;
    }

    /// <summary>Removes those that are empty.</summary>
    public void RemoveEmpty()
    {
        foreach (string folder in _made.Distinct(StringComparer.Ordinal))
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Something is in it, or somebody was faster: so it stays, and what holds it too.
                return;
            }
        }
    }
}
