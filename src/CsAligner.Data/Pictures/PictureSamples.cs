using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.Datasets.Samples;

namespace CsAligner.Data.Pictures;

/// <summary>The pictures of a set, or of a part of it, as a data set.</summary>
internal sealed class PictureSamples : SampleSource
{
    private readonly PictureList _list;

    /// <summary>Chooses pictures and captions.</summary>
    /// <param name="name">The data set as it was named.</param>
    /// <param name="list">The set.</param>
    /// <param name="part">
    /// Those for choosing and measuring have each main caption once, and none beside it that two of their pictures share: two right
    /// answers to one query would make recall meaningless.
    /// </param>
    /// <param name="allCaptions">Whether pictures come with all their captions, not only the main ones.</param>
    public PictureSamples(string name, PictureList list, PicturePart part, bool allCaptions)
    {
        (Name, _list, Split) = (name, list, part == PicturePart.All ? null : PictureParts.Names[(int)part - 1]);
        IEnumerable<Picture> chosen = list.Pictures.Where(p => part == PicturePart.All || PictureParts.Of(p.Family) == part);
        if (!allCaptions) chosen = chosen.Select(p => p with { Captions = [p.Captions[0]] });
        Picture[] pictures = [.. chosen];
        Pictures = part is PicturePart.Validation or PicturePart.Test ? Distinct(pictures) : pictures;
    }

    /// <summary>The pictures, with the captions that they come with.</summary>
    public IReadOnlyList<Picture> Pictures { get; }

    /// <summary>"key: why" for each picture of the whole set that cannot be drawn.</summary>
    public IReadOnlyList<string> Broken => _list.Broken;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string? Split { get; }

    /// <inheritdoc/>
    public override bool HasImages => true;

    /// <inheritdoc/>
    public override bool HasCaptions => true;

    /// <inheritdoc/>
    public override int Parts => Pictures.Count;

    /// <inheritdoc/>
    public override long Count => Pictures.Count;

    /// <inheritdoc/>
    public override string Fingerprint => field ??= MakeFingerprint();

    /// <inheritdoc/>
    public override int PartsFor(int samples) => samples;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part) => [new Entry(_list, Pictures[part])];

    private static Picture[] Distinct(Picture[] pictures)
    {
        // By hash, so that no icon set is preferred for being first.
        HashSet<string> kept = [.. pictures.OrderBy(p => PictureParts.Hash(p.Key)).DistinctBy(p => p.Captions[0], StringComparer.Ordinal)
            .Select(p => p.Key)];
        Picture[] distinct = [.. pictures.Where(p => kept.Contains(p.Key))];
        HashSet<string> several = [.. distinct.SelectMany(p => p.Captions).CountBy(caption => caption, StringComparer.Ordinal)
            .Where(uses => uses.Value > 1).Select(uses => uses.Key)];
        return [.. distinct.Select(p => p with { Captions = [.. p.Captions.Where((c, i) => i == 0 || !several.Contains(c))] })];
    }

    private string MakeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(_list.Fingerprint + "\n"));
        foreach (Picture picture in Pictures)
            hash.AppendData(Encoding.UTF8.GetBytes($"{picture.Key}\t{string.Join('\t', picture.Captions)}\n"));
        return $"pictures {Pictures.Count} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private sealed class Entry(PictureList list, Picture picture) : SampleEntry
    {
        public override string Key => picture.Key;

        public override Sample Load(SampleParts parts)
        {
            Sample sample = parts.HasFlag(SampleParts.Image) ? list.Read(picture) : new Sample(picture.Key);
            return sample with { Captions = parts.HasFlag(SampleParts.Captions) ? picture.Captions : [] };
        }

        public override void Check(SampleParts parts)
        {
        }
    }
}
