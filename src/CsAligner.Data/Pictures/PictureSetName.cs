using CsAligner.Data.Languages;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>The name of a set of pictures, with language and part: <c>emoji</c>, <c>emoji:de</c>, <c>emoji:de@train</c>.</summary>
/// <param name="Set">The set.</param>
/// <param name="Language">As it was typed; null for English.</param>
/// <param name="Part">The part.</param>
internal sealed record PictureSetName(PictureSet Set, string? Language, PicturePart Part)
{
    /// <summary>Reads a name.</summary>
    /// <param name="name">Such as <c>emoji:de@train</c>.</param>
    /// <exception cref="InputException">There is no such set, language or part; the message says which there are.</exception>
    public static PictureSetName Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string setName = SetOf(name);
        PictureSet set = PictureSets.Find(setName) ?? throw PictureSets.Unknown(setName);
        string rest = name[setName.Length..];
        int at = rest.IndexOf('@', StringComparison.Ordinal);
        string partName = at >= 0 ? rest[(at + 1)..] : "";
        int part = PictureParts.Names.ToList().IndexOf(partName);
        if (at >= 0 && part < 0)
            throw new InputException($"'{set.Name}' has no part '{partName}': expected {set.Name}@{string.Join(", @", PictureParts.Names)}"
                + Suggestion.End(partName, PictureParts.Names));
        string? language = at >= 0 ? rest[..at] : rest;
        language = language.Length > 0 ? language[1..] : null;
        if (language is not null && (!set.HasLanguages || !LanguageTags.IsTag(language)))
            throw new InputException(set.HasLanguages
                ? $"'{language}' is not a language: expected {set.Name}:LANG, such as {set.Name}:de or {set.Name}:pt_BR"
                : $"'{set.Name}' has no languages, got '{language}'; leave it out");
        // Those of a set in a folder are known once it is known which folder.
        if (set.Folder is null) set.FindLanguage(language);
        return new PictureSetName(set, language, (PicturePart)(part + 1));
    }

    /// <summary>The name without language and part.</summary>
    public static string SetOf(string name) => name.IndexOfAny([':', '@']) is >= 0 and var end ? name[..end] : name;
}
