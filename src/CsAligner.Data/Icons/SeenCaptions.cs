using System.Security.Cryptography;
using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>
/// Which captions the encoders were pretrained on, so that results can tell seen from unseen ones apart without
/// fetching the pretraining sets: 5 bytes of a hash for each caption and alternative. An unseen caption is taken for a
/// seen one about once in twenty million times.
/// </summary>
public sealed class SeenCaptions
{
    private const int Width = 5;
    private const string Resource = "seen-captions.bin";

    private static readonly Lazy<SeenCaptions> Shipped = new(LoadShipped);

    private readonly HashSet<ulong> _hashes;

    private SeenCaptions(HashSet<ulong> hashes) => _hashes = hashes;

    /// <summary>The captions of the pretraining split of the manifest that this version was made with.</summary>
    public static SeenCaptions Default => Shipped.Value;

    /// <summary>How many different captions there are.</summary>
    public int Count => _hashes.Count;

    /// <summary>True when an icon of the pretraining split has this caption or alternative, word for word.</summary>
    public bool Contains(string caption) => _hashes.Contains(Hash(caption));

    /// <summary>The captions and alternatives of a data set.</summary>
    public static SeenCaptions Of(IconDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var hashes = new HashSet<ulong>();
        for (int i = 0; i < dataset.Count; i++)
        {
            hashes.Add(Hash(dataset[i].Caption));
            hashes.UnionWith(dataset[i].Alternatives.Select(Hash));
        }

        return new SeenCaptions(hashes);
    }

    /// <summary>The file that is part of this assembly: the hashes in ascending order, 5 bytes each, the lowest first.</summary>
    internal byte[] ToBytes()
    {
        ulong[] sorted = [.. _hashes.Order()];
        var bytes = new byte[sorted.Length * Width];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(sorted[i / Width] >> (8 * (i % Width)));
        return bytes;
    }

    internal static SeenCaptions FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % Width != 0)
            throw new InputException(
                $"the list of seen captions has {bytes.Length} bytes, expected a multiple of {Width}; rebuild the splits of the icons");
        var hashes = new HashSet<ulong>(bytes.Length / Width);
        for (int i = 0; i < bytes.Length; i += Width)
            hashes.Add(Number(bytes.Slice(i, Width)));
        return new SeenCaptions(hashes);
    }

    private static SeenCaptions LoadShipped()
    {
        using Stream stream = typeof(SeenCaptions).Assembly.GetManifestResourceStream(Resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return FromBytes(bytes);
    }

    private static ulong Hash(string caption)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(caption), hash);
        return Number(hash[..Width]);
    }

    private static ulong Number(ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        for (int i = 0; i < Width; i++)
            number |= (ulong)bytes[i] << (8 * i);
        return number;
    }
}
