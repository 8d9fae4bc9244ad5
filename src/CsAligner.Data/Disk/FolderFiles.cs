using System.IO.Enumeration;
using CsAligner.Tensors;

namespace CsAligner.Data.Disk;

/// <summary>
/// The files of a folder and those below it, each once, however many links lead to it: links are followed out of the folder too, and
/// one that leads back, or in a circle, adds nothing. Files that systems leave behind (<see cref="FileNames.IsLeftBehind"/>) are skipped.
/// </summary>
internal sealed class FolderFiles
{
    private readonly Func<string, bool> _isWanted;
    private readonly List<(string Name, string Folder)> _found = [];
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _links = new(StringComparer.Ordinal);

    // Where the files found lie, once there are links to files.
    private HashSet<string>? _places;

    private FolderFiles(Func<string, bool> isWanted) => _isWanted = isWanted;

    /// <summary>Paths relative to the folder, with slashes, in ordinal order. A file's own name takes precedence over a link's.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isWanted">Chooses files by their names.</param>
    /// <exception cref="IOException">It, or one below it, cannot be listed.</exception>
    public static string[] Below(string folder, Func<string, bool> isWanted)
    {
        var files = new FolderFiles(isWanted);
        string root = LinkPaths.Resolve(Path.GetFullPath(folder)) ?? Path.GetFullPath(folder);
        files.List(root, "");
        while (files._links.Min is { } link)
        {
            files._links.Remove(link);
            files.Follow(Path.Combine(folder, link), link);
        }

        string[] names = [.. files._found.Select(file => file.Name)];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private void List(string start, string startName)
    {
        var waiting = new Stack<(string Folder, string Name)>([(start, startName)]);
        while (waiting.TryPop(out var next))
        {
            if (!_folders.Add(next.Folder)) continue;
            foreach ((string name, bool isFolder, bool isLink) in Entries(next.Folder, next.Name))
            {
                if (FileNames.IsLeftBehind(name)) continue;
                string path = next.Name + name;
                if (isLink) _links.Add(path);
                else if (isFolder) waiting.Push((Path.Combine(next.Folder, name), path + "/"));
                else if (_isWanted(name) && _places?.Add(Path.Combine(next.Folder, name)) != false) _found.Add((path, next.Folder));
            }
        }
    }

    private void Follow(string path, string name)
    {
        string? place = LinkPaths.Resolve(Path.GetFullPath(path));
        if (place is not null && Directory.Exists(place))
        {
            List(place, name + "/");
            return;
        }

        if (!_isWanted(Path.GetFileName(name))) return;
        _places ??= [.. _found.Select(file => Path.Combine(file.Folder, Path.GetFileName(file.Name)))];
        // A link that leads nowhere is found too: reading it says so.
        if (place is null || _places.Add(place)) _found.Add((name, Path.GetDirectoryName(path)!));
    }

    private static FileSystemEnumerable<(string Name, bool IsFolder, bool IsLink)> Entries(string folder, string name)
    {
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        try
        {
            return new(folder,
                (ref FileSystemEntry entry) =>
                    (entry.FileName.ToString(), entry.IsDirectory, entry.Attributes.HasFlag(FileAttributes.ReparsePoint)), options);
        }
        catch (DirectoryNotFoundException failure) when (name.Contains('\uFFFD'))
        {
            throw new InputException($"cannot read the folder '{name}': its name on the disk is not UTF-8; rename it", failure);
        }
    }
}
