using System.Text;
using System.Text.Json;
using CsAligner.Data.Images;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Icons;

/// <summary>
/// Fetches icon sets into the cache, draws them, and where asked writes them out: a PNG for each icon, their names
/// and captions, and the licences.
/// </summary>
public static class IconFetcher
{
    /// <summary>
    /// Fetches and draws whole sets. With a folder it writes <c>SET/NAME.png</c>, <c>captions.jsonl</c> (a line for each icon:
    /// file, set, name, caption, alternatives, categories) and <c>LICENSES.md</c>.
    /// </summary>
    /// <param name="sets">The names of the sets; empty: those of the alignment, validation and test splits.</param>
    /// <param name="folder">Where to write; null: only the cache is filled.</param>
    /// <param name="size">The side of the pictures in pixels, 8 to 512.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops it; finished files stay.</param>
    /// <returns>Counts, broken icons and licences, set by set.</returns>
    /// <exception cref="InputException">An unknown or excluded set; no npm, network, space or right to write.</exception>
    public static async Task<IReadOnlyList<FetchedIconSet>> FetchAsync(
        IReadOnlyList<string> sets, string? folder, int size = 64, IProgress<IconProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        IconManifest manifest = IconManifest.Default;
        IReadOnlyList<IconSource> sources = sets.Count > 0
            ? manifest.Select(sets.Distinct(StringComparer.Ordinal))
            : [.. manifest.Sets.Where(s => s.Role is IconRole.Alignment or IconRole.Validation or IconRole.Test)];
        using var library = new IconLibrary(manifest, progress, cancellationToken);
        await library.FetchAsync(sources);
        library.Draw(sources, size);
        FetchedIconSet[] fetched = [.. sources.Select(s => Describe(library, s, size))];
        if (folder is not null)
            Write(library, sources, fetched, folder, size, progress, cancellationToken);
        return fetched;
    }

    private static FetchedIconSet Describe(IconLibrary library, IconSource source, int size)
    {
        IconRasterFile raster = library.Raster(source, size);
        int coloured = Enumerable.Range(0, raster.Names.Count).Count(raster.IsColoured);
        return new FetchedIconSet(source, raster.Names.Count, coloured, raster.Broken);
    }

    private static void Write(IconLibrary library, IReadOnlyList<IconSource> sources, FetchedIconSet[] fetched, string folder, int size,
        IProgress<IconProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var captions = new MemoryStream();
            long done = 0, total = fetched.Sum(f => (long)f.Count);
            foreach (IconSource source in sources)
            {
                Directory.CreateDirectory(Path.Combine(folder, source.Set));
                IconRasterFile raster = library.Raster(source, size);
                List<Icon> icons = [.. library.Set(source).Icons.Where(i => raster.RowOf(i.Name) >= 0)];
                var options = new ParallelOptions { MaxDegreeOfParallelism = Compute.Threads, CancellationToken = cancellationToken };
                Parallel.ForEach(icons, options, () => new byte[size * size * 3], (icon, _, rgb) =>
                {
                    raster.Read(raster.RowOf(icon.Name), rgb);
                    File.WriteAllBytes(Path.Combine(folder, source.Set, icon.Name + ".png"), PngFile.Encode(rgb, size, size));
                    return rgb;
                }, _ => { });
                foreach (Icon icon in icons)
                    WriteLine(captions, source, icon);
                progress?.Report(new IconProgress("writing pictures", done += icons.Count, total));
            }

            AtomicFile.WriteAllBytes(Path.Combine(folder, "captions.jsonl"), captions.ToArray());
            AtomicFile.WriteAllText(Path.Combine(folder, "LICENSES.md"), WrittenBy.Sign(Licences(fetched)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"cannot write the icons to {folder}: {e.Message.TrimEnd('.')}; free some space or choose another folder", e);
        }
    }

    private static void WriteLine(MemoryStream captions, IconSource source, Icon icon)
    {
        using (var writer = new Utf8JsonWriter(captions))
        {
            writer.WriteStartObject();
            writer.WriteString("file", $"{source.Set}/{icon.Name}.png");
            writer.WriteString("set", source.Set);
            writer.WriteString("name", icon.Name);
            writer.WriteString("caption", icon.Caption);
            WriteList(writer, "alternatives", icon.Alternatives);
            WriteList(writer, "categories", icon.Categories);
            writer.WriteEndObject();
        }

        captions.WriteByte((byte)'\n');
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    /// <summary>The attribution that CC-BY and MIT ask for, as a table.</summary>
    internal static string Licences(IEnumerable<FetchedIconSet> fetched)
    {
        var text = new StringBuilder("# Icon sets and their licences\n\n| set | icons | author | licence |\n|---|---|---|---|\n");
        foreach (FetchedIconSet set in fetched)
        {
            IconSource s = set.Source;
            string title = s.Url.Length > 0 ? $"[{Cell(s.Title)}]({s.Url})" : Cell(s.Title);
            string licence = s.LicenceUrl.Length > 0 ? $"[{s.Licence}]({s.LicenceUrl})" : s.Licence;
            text.Append($"| {title} ({s.Set}) | {set.Count} | {Cell(s.Author)} | {licence} |\n");
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
