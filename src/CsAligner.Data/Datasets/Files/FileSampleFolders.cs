using CsAligner.Data.Disk;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>Finds the folder that the file names of a list are relative to.</summary>
internal static class FileSampleFolders
{
    /// <summary>The first folder that has the file.</summary>
    /// <param name="folders">Where to look, best first.</param>
    /// <param name="file">A file that the list names.</param>
    /// <param name="list">The list, for the error.</param>
    /// <exception cref="InputException">None has it.</exception>
    public static string Find(IEnumerable<string> folders, string? file, string list)
    {
        string[] all = [.. folders.Distinct(StringComparer.Ordinal)];
        return all.FirstOrDefault(folder => file is null || (!Path.IsPathRooted(file) && File.Exists(new DiskNames(folder).PathOf(file))))
            ?? throw new InputException(
                $"cannot read '{list}': its first image '{file}' is in none of {string.Join(", ", all.Select(f => $"'{f}'"))}; name "
                    + "the folder of the images");
    }
}
