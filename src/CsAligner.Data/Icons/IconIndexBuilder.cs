using CsAligner.Data.Packages;

namespace CsAligner.Data.Icons;

/// <summary>Makes the list of a split: decides which icons to exclude, and why.</summary>
internal sealed class IconIndexBuilder(IconManifest manifest, IconLibrary library, IProgress<IconProgress>? progress,
    CancellationToken cancellationToken)
{
    /// <summary>Pictures are compared at this size, independently of the requested size.</summary>
    private const int CompareSize = 64;

    private readonly NameHoldout _holdout = new(manifest.NewNameSeed, manifest.NewNameFraction);

    /// <summary>Opens the list of a split, or makes it.</summary>
    public async Task<IconIndex> OpenAsync(IconSplit split, int size)
    {
        List<IconSource> sources = [.. Sources(split)];
        await library.FetchAsync(sources);
        string path = library.IndexPath(split, size);
        if (IconIndex.TryRead(path) is { } known)
            return known;
        using IDisposable held = await CacheLock.TakeAsync(Path.Combine(IconLibrary.Folder, ".lock"), cancellationToken);
        if (IconIndex.TryRead(path) is { } made)
            return made;
        List<IconSource> references = split is IconSplit.Test or IconSplit.NewNames
            ? []
            : [.. Sources(IconSplit.Test).Concat(Sources(IconSplit.NewNames)).Except(sources)];
        await library.FetchAsync([.. sources, .. references]);
        if (split == IconSplit.NewNames)
        {
            DrawNewNames(sources, size);
        }
        else
        {
            library.Draw(sources, size);
            if (split != IconSplit.Test)
            {
                library.Draw([.. sources, .. references.Where(s => s.Role == IconRole.Test)], CompareSize);
                DrawNewNames([.. references.Where(s => s.Role != IconRole.Test)], CompareSize);
            }
        }

        IconIndex index = split switch
        {
            IconSplit.Test => WholeSets(sources, size),
            IconSplit.NewNames => NewNames(sources, size),
            _ => Training(split, sources, size),
        };
        index.Write(path);
        return index;
    }

    /// <summary>The sets that a split takes icons from.</summary>
    private IEnumerable<IconSource> Sources(IconSplit split) => split switch
    {
        IconSplit.Pretraining => manifest.Of(IconRole.Pretraining),
        IconSplit.Alignment => manifest.Of(IconRole.Alignment),
        IconSplit.Validation => manifest.Of(IconRole.Validation),
        IconSplit.Test => manifest.Of(IconRole.Test),
        _ => manifest.Sets.Where(s => s.GivesNewNames),
    };

    // Sets that only give new names are rendered only in part, so the demo need not wait for the rest.
    private void DrawNewNames(List<IconSource> sources, int size)
    {
        library.Draw([.. sources.Where(s => s.Role != IconRole.Pretraining)], size);
        library.DrawSome([.. sources.Where(s => s.Role == IconRole.Pretraining)], size, icon => _holdout.IsHeldOut(icon.Caption));
    }

    private IconIndex WholeSets(List<IconSource> sources, int size)
    {
        var items = new List<IconIndex.Item>();
        foreach (IconSource source in sources)
            items.AddRange(Drawn(source, size).Select(icon => Item(source, icon)));
        return new IconIndex(IconSplit.Test, items, Broken(sources, size), [], 0);
    }

    /// <summary>
    /// One icon for each held-out name, from the sets that the manifest names for it. Which of several is chosen
    /// by hash, so that no set is preferred.
    /// </summary>
    private IconIndex NewNames(List<IconSource> sources, int size)
    {
        var best = new Dictionary<string, (string Hash, IconIndex.Item Item)>(StringComparer.Ordinal);
        foreach (IconSource source in sources)
        {
            foreach (Icon icon in Drawn(source, size).Where(i => _holdout.IsHeldOut(i.Caption)))
            {
                string key = NameHoldout.Key(icon.Caption);
                // Shorter captions first: "man cook" stands for its tones of skin.
                string hash = $"{icon.Caption.Length:D6} {StableHash($"{source.Set}:{icon.Name}"):x16}";
                if (!best.TryGetValue(key, out (string Hash, IconIndex.Item Item) kept) || string.CompareOrdinal(hash, kept.Hash) < 0)
                    best[key] = (hash, Item(source, icon));
            }
        }

        return new IconIndex(IconSplit.NewNames, [.. best.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => b.Value.Item)],
            Broken(sources, size), [], 0);
    }

    private IconIndex Training(IconSplit split, List<IconSource> sources, int size)
    {
        NearDuplicates references = References();
        var items = new List<IconIndex.Item>();
        var near = new List<string>();
        int newNames = 0;
        long total = sources.Sum(s => (long)library.Raster(s, CompareSize).Names.Count), done = 0;
        foreach (IconSource source in sources)
        {
            IconRasterFile raster = library.Raster(source, CompareSize);
            List<Icon> drawn = [.. Drawn(source, size)];
            List<Icon> kept = [.. drawn.Where(i => !_holdout.IsHeldOut(i))];
            newNames += drawn.Count - kept.Count;
            int[] rows = [.. kept.Select(i => raster.RowOf(i.Name))];
            int[] nearest = references.Find(kept.Count, (i, ink) => raster.ReadInk(rows[i], ink),
                n => progress?.Report(new IconProgress("comparing with the test icons", done += n, total)), cancellationToken);
            for (int i = 0; i < kept.Count; i++)
            {
                if (nearest[i] < 0)
                    items.Add(Item(source, kept[i]));
                else
                    near.Add($"{source.Set}:{kept[i].Name}");
            }

            library.Forget(source);
        }

        return new IconIndex(split, items, Broken(sources, size), near, newNames);
    }

    private NearDuplicates References()
    {
        var rows = new List<(IconRasterFile File, int Row)>();
        foreach (IconSource source in manifest.Of(IconRole.Test))
        {
            IconRasterFile file = library.Raster(source, CompareSize);
            rows.AddRange(Enumerable.Range(0, file.Names.Count).Select(row => (file, row)));
        }

        foreach (IconIndex.Item item in NewNames([.. Sources(IconSplit.NewNames)], CompareSize).Items)
        {
            IconRasterFile file = library.Raster(manifest.Select([item.Set])[0], CompareSize);
            rows.Add((file, file.RowOf(item.Name)));
        }

        return new NearDuplicates(rows.Count, (i, ink) => rows[i].File.ReadInk(rows[i].Row, ink), manifest.NearDuplicateCosine);
    }

    private IEnumerable<Icon> Drawn(IconSource source, int size)
    {
        IconRasterFile raster = library.Raster(source, size);
        return library.Set(source).Icons.Where(icon => raster.RowOf(icon.Name) >= 0);
    }

    private List<string> Broken(List<IconSource> sources, int size) =>
        [.. sources.SelectMany(s => library.Raster(s, size).Broken.Select(b => $"{s.Set}:{b}"))];

    private IconIndex.Item Item(IconSource source, Icon icon) =>
        new(source.Set, icon.Name, icon.Caption, icon.Alternatives, icon.Categories, _holdout.IsHeldOut(icon.Caption));

    private static ulong StableHash(string text)
    {
        // FNV-1a: string.GetHashCode differs from run to run.
        ulong hash = 14695981039346656037;
        foreach (char c in text)
            hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
