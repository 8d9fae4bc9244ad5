using CsAligner.Data.Icons;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>Fetches sets of pictures into the cache, and where asked writes them out with captions and licences.</summary>
public static class PictureFetcher
{
    // Where nothing is written, only what is drawn once to see that it can be drawn matters.
    private const int AnySize = 64;

    /// <summary>
    /// Fetches sets. With a folder it writes <c>SET/KEY.png</c>, <c>captions.jsonl</c> (a line for each picture: file, set, name, language,
    /// caption, keywords) and <c>LICENSES.md</c>.
    /// </summary>
    /// <param name="names">The names of sets.</param>
    /// <param name="language">The language of the captions; null for English.</param>
    /// <param name="folder">Where to write; null: only the cache is filled.</param>
    /// <param name="size">The side of the pictures written, in pixels, 8 to 512.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops it; finished files stay.</param>
    /// <exception cref="InputException">An unknown set or language, or a set that is used in place with a folder; no npm, network,
    /// space or right to write.</exception>
    public static async Task<IReadOnlyList<FetchedPictures>> FetchAsync(IReadOnlyList<string> names, string? language, string? folder,
        int size = 224, IProgress<IconProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        PictureSet[] sets = [.. names.Distinct(StringComparer.Ordinal).Select(name => PictureSets.Find(name)
            ?? throw PictureSets.Unknown(name))];
        if (folder is not null && sets.FirstOrDefault(set => !set.IsCopied) is { } own)
            throw new InputException($"'{own.Name}' is used where it is installed and is not copied; leave out the folder, or "
                + $"'{own.Name}'");
        var opened = new List<(PictureSet Set, string? Language, PictureSamples Samples)>();
        foreach (PictureSet set in sets)
        {
            // A language that is known to be missing is named before the download.
            if (set.HasLanguages) set.FindLanguage(language);
            await set.FetchAsync(progress, cancellationToken);
            string? found = set.FindLanguage(set.HasLanguages ? language : null);
            var request = new PictureSetRequest(found, folder is null ? AnySize : size, null, progress, cancellationToken);
            opened.Add((set, found, new PictureSamples(set.Name, set.Open(request), PicturePart.All, allCaptions: true)));
        }

        IReadOnlyList<(Picture Picture, string Why)> bad = folder is null ? [] : await Task.Run(() =>
            new PictureSetFolder(folder, size, progress, cancellationToken).Write(opened), cancellationToken);
        return [.. opened.Select(set => Describe(set.Set, set.Language, set.Samples, bad))];
    }

    private static FetchedPictures Describe(PictureSet set, string? language, PictureSamples samples,
        IReadOnlyList<(Picture Picture, string Why)> bad)
    {
        Dictionary<Picture, string> own = bad.IntersectBy(samples.Pictures, b => b.Picture, ReferenceEqualityComparer.Instance)
            .ToDictionary(b => b.Picture, b => b.Why);
        Picture[] good = [.. samples.Pictures.Where(picture => !own.ContainsKey(picture))];
        return new FetchedPictures(set, language, set.Languages() ?? [], good.Length, good.Sum(picture => picture.Captions.Count),
            [.. samples.Broken, .. own.Select(b => $"{b.Key.Key}: {b.Value}")]);
    }
}
