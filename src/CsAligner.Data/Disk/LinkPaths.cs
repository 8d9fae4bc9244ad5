namespace CsAligner.Data.Disk;

/// <summary>Where paths lead when every link on them is followed.</summary>
internal static class LinkPaths
{
    // As many as Linux follows.
    private const int MostLinks = 40;

    /// <summary>The path without links; null if links lead in a circle or nowhere.</summary>
    /// <param name="path">A full path.</param>
    public static string? Resolve(string path)
    {
        string found = Path.GetPathRoot(path)!;
        var parts = new Stack<string>(Parts(path[found.Length..]));
        for (int links = 0; parts.TryPop(out string? part);)
        {
            if (part == "..")
            {
                found = Path.GetDirectoryName(found) ?? found;
                continue;
            }

            string next = Path.Combine(found, part);
            if (Target(next) is not { } target)
            {
                if (!Path.Exists(next)) return null;
                found = next;
                continue;
            }

            if (++links > MostLinks) return null;
            if (Path.IsPathRooted(target)) (found, target) = (Path.GetPathRoot(target)!, target[Path.GetPathRoot(target)!.Length..]);
            foreach (string more in Parts(target)) parts.Push(more);
        }

        return found;
    }

    // Last part first, for the stack.
    private static IEnumerable<string> Parts(string path) =>
        path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries)
            .Where(part => part != ".").Reverse();

    private static string? Target(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
