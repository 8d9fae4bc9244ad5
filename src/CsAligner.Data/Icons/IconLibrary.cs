using CsAligner.Data.Images;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>Fetched sets and their pictures, opened on demand and kept until disposed.</summary>
internal sealed class IconLibrary(IconManifest manifest, IProgress<IconProgress>? progress, CancellationToken cancellationToken)
    : IDisposable
{
    /// <summary>Raise it when reading or drawing icons changes: older pictures are then made again.</summary>
    private const int Version = 1;

    /// <summary>The same for captions and exclusions, which need no rendering.</summary>
    private const int IndexVersion = 2;

    private readonly Dictionary<string, IconSet> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, int), IconRasterFile> _rasters = [];

    /// <summary>Where the pictures and indexes are kept.</summary>
    public static string Folder => Path.Combine(DataCache.Root, "icons");

    /// <summary>Fetches the packages of all these sets.</summary>
    public async Task FetchAsync(IReadOnlyList<IconSource> sources)
    {
        IProgress<string>? lines = progress is null ? null : new Lines(progress);
        await NpmPackages.EnsureAsync([.. sources.Select(s => s.Package!).Distinct()], lines, cancellationToken);
    }

    /// <summary>The parsed set of a fetched source; its licence must be the one the manifest states.</summary>
    public IconSet Set(IconSource source)
    {
        if (_sets.TryGetValue(source.Set, out IconSet? known))
            return known;
        IconSet set = IconSetReader.Read(Path.Combine(DataCache.Root, source.Package!.RelativeFolder), source.Set);
        if (set.Licence != source.Licence || !IconLicences.IsPermissive(set.Licence))
            throw new InputException($"the icon set '{source.Set}' says its licence is '{set.Licence ?? "none"}', the manifest "
                + $"says {source.Licence}; correct or exclude it in icon-splits.json");
        return _sets[source.Set] = set;
    }

    /// <summary>Lets go of a parsed set, whose SVG texts can take much memory.</summary>
    public void Forget(IconSource source) => _sets.Remove(source.Set);

    /// <summary>Renders the pictures of these sets that are missing.</summary>
    public void Draw(IReadOnlyList<IconSource> sources, int size)
    {
        RemoveLeftovers();
        List<IconSource> missing = [.. sources.Where(s => !File.Exists(RasterPath(s, size)))];
        long done = 0, total = missing.Count;
        foreach (IconSource source in missing)
        {
            progress?.Report(new IconProgress($"drawing {source.Set}", done, total));
            IconRasterFile.Write(RasterPath(source, size), Set(source), size, _ => { }, cancellationToken);
            // An index needs the captions again; only small sets stay in memory for it.
            if (Set(source).Icons.Count > 5000)
                Forget(source);
            done++;
        }

        if (total > 0)
            progress?.Report(new IconProgress("drawing icons", total, total));
    }

    /// <summary>Draws the icons of sets that pass, where the whole set is not drawn already.</summary>
    public void DrawSome(IReadOnlyList<IconSource> sources, int size, Func<Icon, bool> wanted)
    {
        foreach (IconSource source in sources.Where(s => !File.Exists(RasterPath(s, size)) && !File.Exists(SomePath(s, size))))
        {
            progress?.Report(new IconProgress($"drawing new names of {source.Set}", 0, 0));
            IconSet set = Set(source);
            IconRasterFile.Write(SomePath(source, size), set with { Icons = [.. set.Icons.Where(wanted)] }, size, _ => { },
                cancellationToken);
        }
    }

    /// <summary>The pictures of a set: all, or where only some were asked for, those.</summary>
    public IconRasterFile Raster(IconSource source, int size)
    {
        if (!_rasters.TryGetValue((source.Set, size), out IconRasterFile? raster))
        {
            raster = IconRasterFile.TryOpen(RasterPath(source, size))
                ?? IconRasterFile.TryOpen(SomePath(source, size))
                ?? throw new InputException($"the pictures of '{source.Set}' are not in {Folder}; run 'csalign fetch icons' again");
            _rasters[(source.Set, size)] = raster;
        }

        return raster;
    }

    public static string RasterPath(IconSource source, int size) =>
        Path.Combine(Folder,
            $"{source.Set}-{source.Package!.Name.Split('/')[0].TrimStart('@')}-{source.Package.Version}-{size}-vips"
                + $"{ImageLibrary.Version}-v{Version}.pixels");

    // The manifest's hash is in the name: it says which names are held out.
    private string SomePath(IconSource source, int size) =>
        Path.ChangeExtension(RasterPath(source, size), $".{manifest.Hash[..16]}.pixels");

    /// <summary>The file that lists the icons of a split.</summary>
    public string IndexPath(IconSplit split, int size) =>
        Path.Combine(Folder,
            $"{split.ToString().ToLowerInvariant()}-{manifest.Hash[..16]}-{size}-vips{ImageLibrary.Version}-v{IndexVersion}.index");

    // Killed runs leave files of half a set; one that is still being written has been touched within the hour.
    private static void RemoveLeftovers()
    {
        if (!Directory.Exists(Folder))
            return;
        foreach (string file in Directory.EnumerateFiles(Folder, "*.tmp-*")
            .Where(f => File.GetLastWriteTimeUtc(f) < DateTime.UtcNow.AddHours(-1)))
        {
            try
            {
                File.Delete(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another run removes it.
            }
        }
    }

    public void Dispose()
    {
        foreach (IconRasterFile raster in _rasters.Values)
            raster.Dispose();
        _rasters.Clear();
    }

    internal sealed class Lines(IProgress<IconProgress> inner) : IProgress<string>
    {
        public void Report(string value) => inner.Report(new IconProgress(value, 0, 0));
    }
}
