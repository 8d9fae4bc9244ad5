using System.Collections.Concurrent;
using System.Text;

namespace CsAligner.Data.Disk;

/// <summary>
/// Finds files that a list names in another way than the disk does: in another of Unicode's forms, or with the backslashes of
/// Windows. An exact match always wins. Thread-safe.
/// </summary>
/// <param name="root">The folder that names are relative to.</param>
internal sealed class DiskNames(string root)
{
    // For each folder searched: non-ASCII names by their NFC form; null if two files share it.
    private readonly ConcurrentDictionary<string, Dictionary<string, string?>> _folders = new(StringComparer.Ordinal);

    /// <summary>The path of a file, whether or not it exists.</summary>
    /// <param name="name">Relative to the root.</param>
    public string PathOf(string name)
    {
        string exact = Path.Combine(root, name);
        bool hasBackslash = Path.DirectorySeparatorChar == '/' && name.Contains('\\');
        if ((!hasBackslash && Ascii.IsValid(name)) || File.Exists(exact)) return exact;
        string found = root;
        foreach (string part in (hasBackslash ? name.Replace('\\', '/') : name).Split('/'))
        {
            string next = Path.Combine(found, part);
            if (part == "..") return exact;
            if (!Path.Exists(next))
            {
                if (Other(found, part) is not { } other) return exact;
                next = other;
            }

            found = next;
        }

        return found;
    }

    private string? Other(string folder, string name) =>
        !Ascii.IsValid(name) && _folders.GetOrAdd(folder, List).TryGetValue(FileNames.Composed(name), out string? actual)
            && actual is not null ? Path.Combine(folder, actual) : null;

    private static Dictionary<string, string?> List(string folder)
    {
        var names = new Dictionary<string, string?>(StringComparer.Ordinal);
        try
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(folder))
            {
                string name = Path.GetFileName(path), composed = FileNames.Composed(name);
                if (!Ascii.IsValid(name) && !names.TryAdd(composed, name)) names[composed] = null;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // If the folder cannot be listed, reading will report why.
        }

        return names;
    }
}
