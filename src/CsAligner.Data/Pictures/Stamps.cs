using System.Globalization;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Disk;
using CsAligner.Data.Icons;
using CsAligner.Data.Images;
using CsAligner.Data.Languages;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Pictures;

/// <summary>
/// The stamps of Tux Paint, as Debian's tuxpaint-stamps-default installs them: small photographs and drawings, each with a sentence in
/// many languages. They are read where they are and never copied. Letters of alphabets are left out: their sentences are single letters.
/// </summary>
internal sealed class Stamps() : PictureSet("stamps", "784 small photographs and drawings, each with a sentence",
    "GPL-2 (Bill Kendrick and others, Tux Paint)")
{
    /// <summary>Where Debian installs them.</summary>
    public const string DefaultFolder = "/usr/share/tuxpaint/stamps";

    private const string LeftOut = "symbols/alphabets/", TextEnding = ".txt";

    // Where a stamp is there both ways, its pixels are what others show.
    private static readonly string[] Endings = [".png", ".svg"];

    /// <inheritdoc/>
    public override bool IsCopied => false;

    /// <inheritdoc/>
    public override string? Folder => DefaultFolder;

    /// <inheritdoc/>
    public override bool IsAvailable => Directory.Exists(DefaultFolder);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Packages => [];

    /// <inheritdoc/>
    public override IReadOnlyList<string>? Languages(string? folder = null)
    {
        if (folder is null && !IsAvailable) return null;
        IEnumerable<string> all = Files(folder ?? DefaultFolder).Where(IsText)
            .SelectMany(file => StampText.Read(Path.Combine(folder ?? DefaultFolder, file)).Sentences.Keys);
        return [.. all.Append(LanguageTags.English).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public override Task FetchAsync(IProgress<IconProgress>? progress, CancellationToken cancellationToken) =>
        IsAvailable ? Task.CompletedTask : throw new InputException($"the stamps of Tux Paint are not installed in {DefaultFolder}: on "
            + "Debian and Ubuntu run 'apt-get install tuxpaint-stamps-default', elsewhere get tuxpaint-stamps from tuxpaint.org and name "
            + "its folder 'stamps'");

    internal override PictureList Open(PictureSetRequest request)
    {
        string folder = Path.GetFullPath(request.Folder ?? DefaultFolder), language = request.Language ?? LanguageTags.English;
        string[] files = Files(folder);
        HashSet<string> there = new(files, StringComparer.Ordinal);
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        var stamps = new List<(string Key, string English, string Caption)>();
        var broken = new List<string>();
        foreach (string text in files.Where(IsText))
        {
            string key = text[..^TextEnding.Length];
            // What has a text and no picture is a sound.
            if (Endings.Select(ending => key + ending).FirstOrDefault(there.Contains) is not { } picture) continue;
            StampText read = StampText.Read(Path.Combine(folder, text));
            string? caption = language == LanguageTags.English ? read.English : read.Sentences.GetValueOrDefault(language);
            if (read.English.Length == 0 || string.IsNullOrWhiteSpace(caption)) continue;
            if (ProblemOf(Path.Combine(folder, picture)) is { } problem)
            {
                broken.Add($"{key}: {problem}");
                continue;
            }

            paths[key] = picture;
            stamps.Add((key, read.English, caption));
        }

        if (stamps.Count == 0)
            throw new InputException($"cannot read stamps of '{folder}': it has no picture ({string.Join(", ", Endings)}) with a sentence "
                + $"in '{language}' in the .txt beside it; give the folder 'stamps' of Tux Paint");
        string[] families = Families(stamps);
        return new StampList([.. stamps.Select((stamp, i) => new Picture(stamp.Key, families[i], [stamp.Caption]))], folder, paths,
            request.Size)
        {
            Broken = broken,
        };
    }

    internal override string LicenceText(IReadOnlyList<Picture> pictures) => throw new NotSupportedException("Stamps are used in place.");

    // Stamps of one sentence are in one part, and so are those of one name but for numbers: "frog" and "frog-1", the coins of a currency.
    private static string[] Families(List<(string Key, string English, string Caption)> stamps)
    {
        int[] parent = [.. Enumerable.Range(0, stamps.Count)];
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < stamps.Count; i++)
        {
            foreach (string mark in (string[])["sentence " + stamps[i].English.ToLowerInvariant(), "name " + Stem(stamps[i].Key)])
            {
                if (!first.TryAdd(mark, i)) parent[Root(i)] = Root(first[mark]);
            }
        }

        // Named by the key that is first, whatever was joined to what.
        string[] names = new string[stamps.Count];
        foreach (var family in Enumerable.Range(0, stamps.Count).GroupBy(Root))
        {
            string name = family.Select(i => stamps[i].Key).Min(StringComparer.Ordinal)!;
            foreach (int i in family) names[i] = name;
        }

        return names;

        int Root(int i)
        {
            while (parent[i] != i) i = parent[i];
            return i;
        }
    }

    private static string Stem(string key)
    {
        int slash = key.LastIndexOf('/') + 1;
        string name = key[slash..].Trim('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_');
        return key[..slash] + name;
    }

    // Drawings with pixels or pages of HTML inside are not drawn: they would be bad samples of every run.
    private static string? ProblemOf(string picture)
    {
        if (!picture.EndsWith(".svg", StringComparison.Ordinal)) return null;
        try
        {
            SvgGuard.Check(RegularFile.ReadAll(picture, SvgGuard.MaxBytes), 64);
            return null;
        }
        catch (Exception failure) when (failure is InputException or IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }

    private static bool IsText(string file) =>
        file.EndsWith(TextEnding, StringComparison.Ordinal) && !file.StartsWith(LeftOut, StringComparison.Ordinal);

    private static string[] Files(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"cannot read stamps of '{folder}': there is no such folder; check the path");
        try
        {
            return FolderFiles.Below(folder,
                name => Endings.Append(TextEnding).Contains(Path.GetExtension(name), StringComparer.Ordinal));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read stamps of '{folder}': {failure.Message}", failure);
        }
    }

    private sealed record StampList(IReadOnlyList<Picture> Pictures, string Root, Dictionary<string, string> Paths, int Size)
        : PictureList(Pictures)
    {
        public override string Fingerprint => field ??= string.Create(CultureInfo.InvariantCulture,
            $"stamps {Size} {Pictures.Sum(picture => new FileInfo(Path.Combine(Root, Paths[picture.Key])).Length)}");

        public override Sample Read(Picture picture)
        {
            string path = Path.Combine(Root, Paths[picture.Key]);
            Sample sample = PictureFiles.Read(picture.Key, path);
            if (!path.EndsWith(".svg", StringComparison.Ordinal)) return sample;
            try
            {
                byte[] rgb = OnWhite(ImageRasterizer.SvgToRgba(sample.Image.Span, Size));
                return sample with { Image = rgb, IsPrepared = true };
            }
            catch (InputException failure)
            {
                throw new InputException($"cannot draw '{path}': {failure.Message}", failure);
            }
        }

        private static byte[] OnWhite(byte[] rgba)
        {
            var rgb = new byte[rgba.Length / 4 * 3];
            for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
            {
                for (int c = 0; c < 3; c++)
                    rgb[to + c] = (byte)((rgba[from + c] * rgba[from + 3] + 255 * (255 - rgba[from + 3]) + 127) / 255);
            }

            return rgb;
        }
    }
}
