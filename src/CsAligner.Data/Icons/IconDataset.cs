using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Data.Icons;

/// <summary>
/// The icons of one split: pictures on white and their captions, in an order that depends on the manifest only.
/// The first use fetches and draws (see <see cref="BuildAsync"/>), later ones open files of the cache.
/// Reading pictures is safe from several threads.
/// </summary>
public sealed class IconDataset : IImageTextPairs, IDisposable
{
    private readonly IconLibrary _library;
    private readonly IconRasterFile[] _files;
    private readonly int[] _rows;
    private readonly IconEntry[] _entries;
    private readonly string[][] _captions;

    internal IconDataset(IconLibrary library, IconManifest manifest, IconIndex index, int size)
    {
        _library = library;
        Split = index.Split;
        Size = size;
        Broken = index.Broken;
        DroppedNearDuplicates = index.DroppedNearDuplicates;
        DroppedNewNames = index.DroppedNewNames;
        Dictionary<string, IconRasterFile> files = manifest.Select(index.Items.Select(i => i.Set).Distinct(StringComparer.Ordinal))
            .ToDictionary(s => s.Set, s => library.Raster(s, size), StringComparer.Ordinal);
        Sets = [.. manifest.Sets.Where(s => files.ContainsKey(s.Set))];
        _files = [.. index.Items.Select(i => files[i.Set])];
        _rows = [.. index.Items.Select(i => files[i.Set].RowOf(i.Name))];
        _entries = [.. index.Items.Select((item, i) => _rows[i] < 0
            ? throw new InputException($"the cache {IconLibrary.Folder} lists {item.Set}:{item.Name} but has no picture for it; remove the "
                + "folder and run the command again")
            : new IconEntry(item.Set, item.Name, item.Caption, item.Alternatives, item.Categories, _files[i].IsColoured(_rows[i]),
                item.IsNewName))];
        _captions = [.. index.Items.Select(item => (string[])[item.Caption, .. item.Alternatives])];
    }

    /// <summary>The split.</summary>
    public IconSplit Split { get; }

    /// <summary>The side of the pictures in pixels.</summary>
    public int Size { get; }

    /// <summary>The sets the icons come from, with their licences, in the data set's order.</summary>
    public IReadOnlyList<IconSource> Sets { get; }

    /// <summary>How many icons there are.</summary>
    public int Count => _entries.Length;

    /// <summary>Icons that could not be read or drawn, as "set:name: why"; they are not part of the data set.</summary>
    public IReadOnlyList<string> Broken { get; }

    /// <summary>Icons skipped because a test icon looks nearly the same, as "set:name".</summary>
    public IReadOnlyList<string> DroppedNearDuplicates { get; }

    /// <summary>How many icons were skipped because one of their names is reserved for the test on new names.</summary>
    public int DroppedNewNames { get; }

    /// <summary>The metadata of an icon.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public IconEntry this[int index] => _entries[index];

    /// <inheritdoc/>
    public IReadOnlyList<string> Captions(int index) => _captions[index];

    /// <inheritdoc/>
    public bool IsColoured(int index) => _entries[index].IsColoured;

    /// <inheritdoc/>
    public void ReadImage(int index, Span<byte> rgb) => GetImage(index, rgb);

    /// <summary>Reads a picture: <see cref="Size"/> x <see cref="Size"/> pixels of red, green, blue, row by row, on white.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="rgb">Filled; exactly Size x Size x 3 bytes.</param>
    public void GetImage(int index, Span<byte> rgb)
    {
        if (rgb.Length != Size * Size * 3)
            throw new ArgumentException($"a picture takes {Size * Size * 3} bytes; the span has {rgb.Length}.", nameof(rgb));
        _files[index].Read(_rows[index], rgb);
    }

    /// <summary>
    /// Opens a split, making it first where it is not in the cache: fetches its packages with npm, draws the icons,
    /// leaves out names kept for the second test and near-duplicates of test icons.
    /// </summary>
    /// <param name="split">Which split.</param>
    /// <param name="size">The side of the pictures in pixels, 8 to 512.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops it; finished files stay in the cache.</param>
    /// <exception cref="InputException">No npm, no network, wrong content, no space.</exception>
    public static async Task<IconDataset> BuildAsync(IconSplit split, int size = 64, IProgress<IconProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        IconManifest manifest = IconManifest.Default;
        var library = new IconLibrary(manifest, progress, cancellationToken);
        try
        {
            IconIndex index = await new IconIndexBuilder(manifest, library, progress, cancellationToken).OpenAsync(split, size);
            return new IconDataset(library, manifest, index, size);
        }
        catch
        {
            library.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _library.Dispose();
}
