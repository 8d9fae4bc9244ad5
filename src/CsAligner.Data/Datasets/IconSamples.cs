using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;

namespace CsAligner.Data.Datasets;

/// <summary>Icons of a data set, drawn already, each with its main caption or with all.</summary>
public sealed class IconSamples : SampleSource
{
    private readonly IconDataset _icons;
    private readonly IReadOnlyList<int> _indices;
    private readonly string[][] _captions;
    private readonly IDisposable? _owned;

    /// <summary>Some icons.</summary>
    /// <param name="name">The name of the data set: "icons:lucide".</param>
    /// <param name="split">Which split that is.</param>
    /// <param name="icons">The data set, drawn at the model's image size.</param>
    /// <param name="indices">Which icons, in this order.</param>
    /// <param name="owned">Disposed with this; may be the data set.</param>
    /// <param name="captions">All captions of the data set's icons; null for the main ones alone.</param>
    /// <param name="distinct">Whether captions are left out that two of these icons have (<see cref="IconCaptions.Flatten"/>).</param>
    public IconSamples(string name, string split, IconDataset icons, IReadOnlyList<int> indices, IDisposable? owned = null,
        IconCaptions? captions = null, bool distinct = false)
    {
        ArgumentNullException.ThrowIfNull(icons);
        ArgumentNullException.ThrowIfNull(indices);
        (Name, Split, _icons, _indices, _owned) = (name, split, icons, indices, owned);
        if (captions is null)
        {
            _captions = [.. indices.Select(i => (string[])[icons[i].Caption])];
            return;
        }

        (IReadOnlyList<string> texts, long[] pairs) = captions.Flatten(indices, distinct);
        ILookup<long, string> ofIcon = Enumerable.Range(0, texts.Count).ToLookup(text => pairs[text], text => texts[text]);
        _captions = [.. Enumerable.Range(0, indices.Count).Select(i => ofIcon[i].ToArray())];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string? Split { get; }

    /// <inheritdoc/>
    public override bool HasImages => true;

    /// <inheritdoc/>
    public override bool HasCaptions => true;

    /// <inheritdoc/>
    public override int Parts => _indices.Count;

    /// <inheritdoc/>
    public override long Count => _indices.Count;

    /// <inheritdoc/>
    public override string Fingerprint => field ??= $"icons {_icons.Size} {Convert.ToHexStringLower(SHA256.HashData(Contents()))}";

    /// <inheritdoc/>
    public override int PartsFor(int samples) => samples;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part) => [new Entry(this, part)];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _owned?.Dispose();
        base.Dispose(disposing);
    }

    private string KeyOf(int index) => $"{_icons[_indices[index]].Set}:{_icons[_indices[index]].Name}";

    private byte[] Contents() => Encoding.UTF8.GetBytes(
        string.Join('\n', _indices.Select((icon, i) => $"{KeyOf(i)}\t{string.Join('\t', _captions[i])}")));

    private sealed class Entry(IconSamples owner, int index) : SampleEntry
    {
        public override string Key => owner.KeyOf(index);

        public override Sample Load(SampleParts parts)
        {
            byte[] pixels = [];
            if (parts.HasFlag(SampleParts.Image))
            {
                pixels = new byte[3 * owner._icons.Size * owner._icons.Size];
                owner._icons.GetImage(owner._indices[index], pixels);
            }

            return new Sample(Key)
            {
                Image = pixels,
                IsPrepared = true,
                Captions = parts.HasFlag(SampleParts.Captions) ? owner._captions[index] : []
            };
        }

        public override void Check(SampleParts parts)
        {
        }
    }
}
