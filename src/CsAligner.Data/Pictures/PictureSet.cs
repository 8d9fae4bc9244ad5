using CsAligner.Data.Icons;
using CsAligner.Data.Languages;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>Pictures with captions that are known by name (<see cref="PictureSets"/>).</summary>
public abstract class PictureSet
{
    private protected PictureSet(string name, string description, string licence) =>
        (Name, Description, Licence) = (name, description, licence);

    /// <summary>Its name: "emoji".</summary>
    public string Name { get; }

    /// <summary>What it holds, in a line.</summary>
    public string Description { get; }

    /// <summary>The licences of pictures and captions, in a line.</summary>
    public string Licence { get; }

    /// <summary>Whether captions are in several languages, the first English.</summary>
    public virtual bool HasLanguages => true;

    /// <summary>Whether pictures may be written elsewhere; others are used in place.</summary>
    public virtual bool IsCopied => true;

    /// <summary>The folder that it is read from where none is named; null for packages of the cache.</summary>
    public virtual string? Folder => null;

    /// <summary>Whether it can be opened without a download.</summary>
    public abstract bool IsAvailable { get; }

    /// <summary>The languages of its captions, in ordinal order; null where they are known only once it is available.</summary>
    /// <param name="folder">Where it is; null for the usual place.</param>
    public virtual IReadOnlyList<string>? Languages(string? folder = null) => null;

    /// <summary>The language that a user means: <c>de_AT</c> is <c>de</c> where there is no other.</summary>
    /// <param name="language">As typed; null for English.</param>
    /// <param name="folder">Where the set is; null for the usual place.</param>
    /// <exception cref="InputException">The set has no such language.</exception>
    public string? FindLanguage(string? language, string? folder = null)
    {
        if (!HasLanguages)
            return language is null ? null : throw new InputException($"'{Name}' has no languages, got '{language}'; leave it out");
        if (language is null || Languages(folder) is not { } known) return language ?? LanguageTags.English;
        return LanguageTags.Find(language, known) ?? throw new InputException($"'{Name}' has no captions in '{language}'; 'csalign fetch "
            + $"pictures {Name}' lists its {known.Count} languages{Suggestion.End(language, known)}");
    }

    /// <summary>Makes it available.</summary>
    /// <param name="progress">Told of downloads; may be null.</param>
    /// <param name="cancellationToken">Leaves nothing half done.</param>
    /// <exception cref="InputException">It cannot be had; the message says how to get it.</exception>
    public abstract Task FetchAsync(IProgress<IconProgress>? progress, CancellationToken cancellationToken);

    /// <summary>The packages that it is made of: "name@version"; empty where it is installed by other means.</summary>
    public abstract IReadOnlyList<string> Packages { get; }

    /// <summary>Opens it, once fetched.</summary>
    internal abstract PictureList Open(PictureSetRequest request);

    /// <summary>The licences in full, as Markdown, for those who get copies.</summary>
    internal abstract string LicenceText(IReadOnlyList<Picture> pictures);
}
