using System.IO.Compression;

namespace CsAligner.Fuzz;

/// <summary>The inputs of a group that are kept: a zip file, entries <c>target/id/file</c>.</summary>
internal static class Corpus
{
    /// <summary>Inputs of this beginning of their id once failed; they are kept whatever they cover.</summary>
    private const string FindingPrefix = "finding-";

    // The same inputs give the same file.
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string PathOf(string folder, FuzzGroup group) => Path.Combine(folder, group.Name + ".zip");

    /// <summary>The kept inputs, or none where there is no file; those of targets and files that are gone are left out.</summary>
    public static IEnumerable<(FuzzInput Input, bool WasFinding)> Read(string folder, FuzzGroup group)
    {
        string path = PathOf(folder, group);
        if (!File.Exists(path)) yield break;
        using var zip = ZipFile.OpenRead(path);
        foreach (var entries in zip.Entries.GroupBy(entry => string.Join('/', entry.FullName.Split('/')[..2])))
        {
            string[] names = entries.Key.Split('/');
            var target = group.Targets.FirstOrDefault(t => t.Name == names[0]);
            byte[]?[] parts = target is null
                ? []
                : [.. target.Files.Select(file => Content(entries.FirstOrDefault(e => e.FullName == $"{entries.Key}/{file}")))];
            if (target is not null && parts.All(part => part is not null))
                yield return (new FuzzInput(target, [.. parts.Select(part => part!)]),
                    names[1].StartsWith(FindingPrefix, StringComparison.Ordinal));
        }
    }

    public static void Write(string folder, FuzzGroup group, IEnumerable<(FuzzInput Input, bool WasFinding)> inputs)
    {
        string path = PathOf(folder, group), temporary = path + ".tmp";
        using (var zip = new ZipArchive(File.Create(temporary), ZipArchiveMode.Create))
        {
            foreach ((FuzzInput input, bool wasFinding) in inputs.OrderBy(i => i.Input.Target.Name, StringComparer.Ordinal)
                .ThenBy(i => i.WasFinding).ThenBy(i => i.Input.Length).ThenBy(i => i.Input.Id, StringComparer.Ordinal))
            {
                for (int i = 0; i < input.Parts.Length; i++)
                {
                    var entry = zip.CreateEntry(
                        $"{input.Target.Name}/{(wasFinding ? FindingPrefix : "")}{input.Id}/{input.Target.Files[i]}",
                        CompressionLevel.SmallestSize);
                    entry.LastWriteTime = Epoch;
                    using Stream stream = entry.Open();
                    stream.Write(input.Parts[i]);
                }
            }
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static byte[]? Content(ZipArchiveEntry? entry)
    {
        if (entry is null) return null;
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
