using CsAligner.Data.Disk;
using CsAligner.Data.Images;
using CsAligner.Data.Languages;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Which pictures of a folder, and of those below it, have captions in files beside them: <c>x.jpg</c> with <c>x.txt</c> or
/// <c>x.caption</c>, with <c>x.json</c> as img2dataset writes it, or with <c>x.de.txt</c> and <c>x.fr.txt</c> in several languages.
/// </summary>
internal static class SidecarFiles
{
    /// <summary>The endings of files with captions as text, the better first.</summary>
    public static readonly string[] TextEndings = [".txt", ".caption"];

    /// <summary>The ending of img2dataset's files on its pictures.</summary>
    public const string JsonEnding = ".json";

    private static readonly string[] All = [.. TextEndings, JsonEnding, .. ImageFolder.Extensions];

    /// <summary>The pictures in ordinal order, each with the files beside it: language ("" for none) and what follows its name.</summary>
    /// <exception cref="InputException">The folder cannot be listed.</exception>
    public static IEnumerable<(string Picture, IReadOnlyList<(string Language, string Suffix)> Captions)> Find(string folder)
    {
        string[] names;
        try
        {
            names = FolderFiles.Below(folder, name => All.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read captioned images of '{folder}': {failure.Message}", failure);
        }

        // What belongs to a picture is the same up to the first point of the name, and so stands together.
        for (int start = 0, end; start < names.Length; start = end)
        {
            string key = KeyOf(names[start]);
            for (end = start + 1; end < names.Length && KeyOf(names[end]) == key;) end++;
            foreach (var found in Group(folder, names.AsSpan(start, end - start).ToArray())) yield return found;
        }
    }

    private static IEnumerable<(string Picture, IReadOnlyList<(string Language, string Suffix)> Captions)> Group(string folder,
        string[] names)
    {
        string[] pictures = [.. names.Where(name => ImageFolder.IsImage(name) && !GeneratedPictures.IsSheet(Path.Combine(folder, name)))];
        HashSet<string> stems = [.. pictures.Select(Stem)];
        ILookup<string, (string Language, string Suffix)> captions = names.Where(name => !ImageFolder.IsImage(name))
            .Select(name => (Owner: OwnerOf(name, stems), Name: name)).Where(file => file.Owner.Stem is not null)
            .ToLookup(file => file.Owner.Stem!, file => (file.Owner.Language, file.Name[file.Owner.Stem!.Length..]),
                StringComparer.Ordinal);
        return pictures.Select(picture => (picture, (IReadOnlyList<(string, string)>)[.. captions[Stem(picture)]]));
    }

    private static (string? Stem, string Language) OwnerOf(string name, HashSet<string> stems)
    {
        string stem = Stem(name), rest = Stem(stem), language = stem[Math.Min(stem.Length, rest.Length + 1)..];
        if (stems.Contains(stem)) return (stem, "");
        return stems.Contains(rest) && LanguageTags.IsTag(language) && !IsJson(name) ? (rest, LanguageTags.Plain(language)) : (null, "");
    }

    private static bool IsJson(string name) => name.EndsWith(JsonEnding, StringComparison.OrdinalIgnoreCase);

    private static string Stem(string name) =>
        name.LastIndexOf('.') is var point && point > name.LastIndexOf('/') ? name[..point] : name;

    private static string KeyOf(string name) =>
        name.IndexOf('.', name.LastIndexOf('/') + 1) is > 0 and var point ? name[..point] : name;
}
