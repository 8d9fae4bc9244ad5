namespace CsAligner.Fuzz.Targets;

/// <summary>Makes seeds with this project's own writers.</summary>
internal static class SeedFolder
{
    /// <summary>What <paramref name="write"/> puts into a folder, as the contents of <paramref name="files"/>.</summary>
    public static byte[][] Of(IReadOnlyList<string> files, Action<string> write)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-seed-").FullName;
        try
        {
            write(folder);
            return [.. files.Select(file => File.ReadAllBytes(Path.Combine(folder, file)))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
