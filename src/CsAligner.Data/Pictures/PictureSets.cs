using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>The sets of pictures that are known by name.</summary>
public static class PictureSets
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<PictureSet> All { get; } = [new EmojiPictures(), new ColouredIcons(), new Stamps()];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(set => set.Name)];

    /// <summary>The set of this name, or null.</summary>
    /// <param name="name">Without language and part.</param>
    public static PictureSet? Find(string name) => All.FirstOrDefault(set => set.Name == name);

    /// <summary>Whether a text begins as the name of a set does: <c>emoji</c>, <c>emoji:de@train</c>.</summary>
    /// <param name="name">The text.</param>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(PictureSetName.SetOf(name)) is not null;
    }

    /// <summary>Checks what can be checked of a name before its set is there.</summary>
    /// <param name="name">Such as <c>emoji:de@train</c>.</param>
    /// <exception cref="InputException">There is no such set, language or part; the message says which there are.</exception>
    public static void Check(string name) => PictureSetName.Parse(name);

    /// <summary>The error for a name that no set has.</summary>
    internal static InputException Unknown(string name) =>
        new($"there are no pictures '{name}': expected {string.Join(", ", Names)}{Suggestion.End(name, Names)}");

    /// <summary>Opens a set as a data set, after a download where it is not in the cache.</summary>
    /// <param name="name">Such as <c>emoji:de@train</c>.</param>
    /// <param name="size">The side of the model's images in pixels: what is drawn is drawn at this size, 8 to 512.</param>
    /// <param name="allCaptions">Whether pictures come with all their captions, not only the main ones.</param>
    /// <param name="folder">Where a set that is used in place is; null for the usual place.</param>
    /// <param name="progress">Told of downloads and drawing; may be null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="InputException">There is no such set, language or part, or it cannot be had.</exception>
    public static async Task<SampleSource> OpenAsync(string name, int size, bool allCaptions = false, string? folder = null,
        IProgress<IconProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        PictureSetName parsed = PictureSetName.Parse(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        if (folder is not null && parsed.Set.Folder is null)
            throw new InputException($"'{parsed.Set.Name}' comes from packages, not from a folder, got '{folder}'; leave it out");
        if (folder is null) await parsed.Set.FetchAsync(progress, cancellationToken);
        string? language = parsed.Set.FindLanguage(parsed.Language, folder);
        PictureList list = parsed.Set.Open(new PictureSetRequest(language, size, folder, progress, cancellationToken));
        return new PictureSamples(name, list, parsed.Part, allCaptions);
    }
}
