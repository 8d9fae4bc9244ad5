using System.Text;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>
/// Icons in colours: those of the manifest's sets that state a palette, have a permissive licence and a package of their own, and are
/// neither emoji nor flags nor logos. Drawn at the model's size. The shipped icon-clip has seen them in its pretraining.
/// </summary>
internal sealed class ColouredIcons() : PictureSet("coloured-icons",
    "11,562 coloured icons of 15 sets, with names in words", "MIT, Apache-2.0 or CC-BY-4.0, set by set")
{
    // What is blank or grey on white is found at this size.
    private const int ProbeSize = 64;

    // Name of the set, version and hash of @iconify-json/NAME.
    private static readonly (string Set, string Version, string Integrity)[] Pins =
    [
        ("flat-color-icons", "1.2.3", "sha512-KcmJ7CY0TKFv5GuBjiS4/v++jEcNXna1jfY+yq014tnw/MN/jMI2oYpoMHGuIpYtUqDu7eove+WySnOYO8nS3w=="),
        ("flat-ui", "1.2.3", "sha512-HBs3cLe1oLLax07JPOHguUcTG3skmVehxHlnygUbpQ2Pm9dhmEAMLJd7GsXDaC0U125hdDp/CB9anFD3RELb5w=="),
        ("fluent-color", "1.2.21", "sha512-VETjGx7BMpVsCR3HV5g5t6oBGZ92XKzIRClS5xUvDn1YHAkQTF9OyF/aFdtxYOC8JROoI1SNO/Ql6jZeK7mroA=="),
        ("icon-park", "1.2.4", "sha512-S8fVl49LG/M9hvwb7ruFGInK21AHMv3IJehOJRJgXPLE39OOCP3wbfTWjro/XzsjxRwdvX/lYdGetFOZI0TaJQ=="),
        ("marketeq", "1.2.2", "sha512-LeHw0zlwk3LJEFqTBXz1GPeLSpn2UExIYn2ywcBRb9ax3ZJtRslQNcNpz1S2dUcPM1Kj68WCqWQkJz2D5fpkmA=="),
        ("meteocons", "1.2.4", "sha512-E7YV02ql5WmJgAOpXU/hoF9Mdshq73KjwR6fBxZ5SrqMJghMa3CIcRG6NQGwP4I1uBOhIjOFlAikYoPAKuT56A=="),
        ("streamline-color", "1.2.2", "sha512-+ypc4kzeKTFbHVM2uNWFqt1iR7E4XeMTI3Wa3LcmeHLPjyk6u6e9NJqqOHUU02rpA8GaN80XHySXzX+4DuZbzA=="),
        ("streamline-cyber-color", "1.2.2",
            "sha512-Q7Lx72uUlMGY0+nKqxAal6N3aVRRKipH/R3BEGNLuxG3A2t0N6Mh8sYX+6puJaDPcj37pEFgjM+G3n+FwM7QYw=="),
        ("streamline-flex-color", "1.2.2",
            "sha512-EphxHZHzxcR2B8AU7skOnq27cuOoZDzn69EzLysRkN+Nla7tyqF0eacsFCk70t2T9BhT3LBy9GgGeY3+Db2KPQ=="),
        ("streamline-freehand-color", "1.2.2",
            "sha512-ql3aN0gPHIClR74SkG89oykRB1LxmwhIWYDM425bVsoZRNhl2uHtNMmIs6CADrCcyhdNQwtieaj49BIT0Idu5A=="),
        ("streamline-kameleon-color", "1.2.2",
            "sha512-6vFS3ILSmy3w6R1v2nVolNFf9pLuUihOUqyUNVXp0HliWIR6RpJIsWue0Fc6MVri7wde+SWzMJeLAXWU3zE43g=="),
        ("streamline-plump-color", "1.2.2",
            "sha512-nMLbsfwKt/IJCUDpndY7sW5aZsFUOhQGS2Jdeap+CAfbQMDIzsyEHqe8m3u65wM23q1jBlWoblE7oUXukcvTvw=="),
        ("streamline-sharp-color", "1.2.2",
            "sha512-pson8ia7zG6FuUcmDcrRWDHyWqgJhe9beEZVg4UxKZ7Xkya5UcQ2zv3w3jl01u69h0fzbY1WyhfUKDPrRyisEg=="),
        ("streamline-stickies-color", "1.2.2",
            "sha512-OisPU3Q/VMAHTtJbzRa2lmK8UN+n7D5US0txeL488yrEmoALvRerzIOS8zTNiojNDghJ2/6cp0eh5IK4ezukpA=="),
        ("streamline-ultimate-color", "1.2.2",
            "sha512-NAbD3xLtg3069865B5CLUulp/eowPNCiDfJBxVAmA+LKLPpxU7EIEJ2+mSfWriPd+ahORWyqjRnoPVkTJopEgg=="),
    ];

    private static readonly Lazy<IconSource[]> Shared = new(() => [.. IconManifest.Default.Select(Pins.Select(pin => pin.Set))
        .Zip(Pins, (source, pin) => source with { Package = new NpmPackage($"@iconify-json/{pin.Set}", pin.Version, pin.Integrity) })]);

    /// <summary>The sets with the packages that they come from here.</summary>
    internal static IReadOnlyList<IconSource> Sources => Shared.Value;

    /// <inheritdoc/>
    public override bool HasLanguages => false;

    /// <inheritdoc/>
    public override bool IsAvailable => Sources.All(source => Directory.Exists(NpmPackages.FolderOf(source.Package!)));

    /// <inheritdoc/>
    public override IReadOnlyList<string> Packages =>
        [.. Sources.Select(source => $"{source.Package!.Name}@{source.Package.Version}")];

    /// <inheritdoc/>
    public override Task FetchAsync(IProgress<IconProgress>? progress, CancellationToken cancellationToken) =>
        new IconLibrary(IconManifest.Default, progress, cancellationToken).FetchAsync(Sources);

    internal override PictureList Open(PictureSetRequest request)
    {
        using var library = new IconLibrary(IconManifest.Default, request.Progress, request.CancellationToken);
        library.Draw(Sources, ProbeSize);
        var shapes = new Dictionary<string, IconShape>(StringComparer.Ordinal);
        var entries = new List<IconEntry>();
        var broken = new List<string>();
        foreach (IconSource source in Sources)
        {
            IconRasterFile raster = library.Raster(source, ProbeSize);
            broken.AddRange(raster.Broken.Select(line => $"{source.Set}:{line}"));
            foreach (Icon icon in library.Set(source).Icons.Where(i => raster.RowOf(i.Name) is >= 0 and var row && raster.IsColoured(row)))
            {
                entries.Add(new IconEntry(source.Set, icon.Name, icon.Caption, icon.Alternatives, icon.Categories, true, false));
                shapes.Add(KeyOf(entries[^1]), icon.Shape);
            }
        }

        var captions = IconCaptions.Of(entries, new Dictionary<string, IReadOnlyDictionary<string, string>>(), null, null);
        return new IconList([.. entries.Select((entry, i) => new Picture(KeyOf(entry), NameHoldout.Key(entry.Caption),
            [.. captions[i].Select(caption => caption.Text)]))], shapes, request.Size)
        {
            Broken = broken,
        };
    }

    internal override string LicenceText(IReadOnlyList<Picture> pictures)
    {
        ILookup<string, Picture> ofSet = pictures.ToLookup(picture => picture.Key.Split(':')[0], StringComparer.Ordinal);
        string table = IconFetcher.Licences(Sources.Select(source => new FetchedIconSet(source, ofSet[source.Set].Count(), 0, [])));
        return $"## coloured-icons\n\n{table[table.IndexOf('|', StringComparison.Ordinal)..]}\n";
    }

    private static string KeyOf(IconEntry icon) => $"{icon.Set}:{icon.Name}";

    private sealed record IconList(IReadOnlyList<Picture> Pictures, Dictionary<string, IconShape> Shapes, int Size) : PictureList(Pictures)
    {
        public override string Fingerprint => $"{Size} {string.Join(' ', Pins.Select(pin => pin.Integrity))}";

        public override Sample Read(Picture picture)
        {
            byte[]? drawn = IconRasterizer.Draw(Shapes[picture.Key], Size, new byte[4 * Size * Size], out string? error);
            if (drawn is null) throw new InputException($"cannot draw '{picture.Key}': {error}");
            return new Sample(picture.Key) { Image = Rgb(drawn), IsPrepared = true };
        }

        // The rasterizer gives one byte a pixel where there is no colour at this size.
        private byte[] Rgb(byte[] drawn) => drawn.Length == 3 * Size * Size
            ? drawn
            : [.. drawn.SelectMany(grey => Enumerable.Repeat(grey, 3))];
    }
}
