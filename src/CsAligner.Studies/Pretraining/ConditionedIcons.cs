using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Generation.Training;
using CsAligner.Models;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Pretraining;

/// <summary>
/// The pictures of icon data sets, one after the other, with their embeddings: what a decoder is trained on. Names are never read.
/// </summary>
internal sealed class ConditionedIcons : IConditionedPictures, IDisposable
{
    private readonly IconDataset[] _sets;
    private readonly int[] _first;

    private ConditionedIcons(IconDataset[] sets, int[] first, Tensor conditions) => (_sets, _first, Conditions) = (sets, first, conditions);

    /// <summary>The data sets.</summary>
    public IReadOnlyList<IconDataset> Sets => _sets;

    public int Count => _first[^1];

    public Tensor Conditions { get; }

    /// <summary>Opens splits and embeds their pictures, once: the embeddings are kept in the cache, in float16.</summary>
    /// <param name="session">The run.</param>
    /// <param name="splits">The splits.</param>
    /// <param name="embedder">The encoder; its image size is that of the pictures.</param>
    /// <param name="model">The encoder's fingerprint.</param>
    public static ConditionedIcons Open(IStudySession session, IconSplit[] splits, ClipEmbedder embedder, string model)
    {
        IconDataset[] sets = [.. splits.Select(split => IconDatasetLoader.Open(session, split, embedder.ImageSize))];
        int[] first = [0, .. sets.Select((_, i) => sets.Take(i + 1).Sum(s => s.Count))];
        string cache = Path.Combine(DataCache.Root, "embeddings", $"{Key(sets, model)}.npy");
        if (!File.Exists(cache))
        {
            Tensor made = new(first[^1], embedder.Width);
            session.WithProgress("embedding pictures", first[^1], progress => made = embedder.EmbedImages(
                first[^1], (i, rgb) => Read(sets, first, i, rgb), done => progress.Report(done, ""), session.Cancellation), "pictures");
            AtomicFile.CreateFolder(Path.GetDirectoryName(cache)!);
            Npy.Write(cache, made, ElementType.Float16);
        }

        return new ConditionedIcons(sets, first, Npy.ReadTensor(cache));
    }

    // Other pictures, another order or another model make other embeddings.
    private static string Key(IconDataset[] sets, string model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model));
        foreach (var set in sets)
        {
            for (int i = 0; i < set.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes($"{set[i].Set}:{set[i].Name} {set.Size}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    public bool IsColoured(int index)
    {
        int set = SetOf(_first, index);
        return _sets[set].IsColoured(index - _first[set]);
    }

    public void ReadImage(int index, Span<byte> rgb) => Read(_sets, _first, index, rgb);

    public void Dispose()
    {
        foreach (var set in _sets) set.Dispose();
    }

    private static void Read(IconDataset[] sets, int[] first, int index, Span<byte> rgb)
    {
        int set = SetOf(first, index);
        sets[set].ReadImage(index - first[set], rgb);
    }

    private static int SetOf(int[] first, int index)
    {
        int set = 0;
        while (index >= first[set + 1]) set++;
        return set;
    }
}
