using System.Security.Cryptography;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Embedding;

/// <summary>
/// Makes one feature set of finished shards: their files are renamed into its folder, pairs are counted on, and features.json is
/// written last. If it is killed midway, it can run again: files already in place stay.
/// </summary>
internal sealed class ShardMerger(string folder, ShardStore store, IReadOnlyList<EmbeddingShard> shards, bool tokens)
{
    private readonly HashSet<string> _kept = [];

    public void Run(string encoder)
    {
        FeatureSetInfo[] infos = [.. shards.Select(shard => FeatureSetInfo.Read(FeatureSetLayout.InfoPath(store.FolderOf(shard))))];
        long[]? pairs = Pairs(infos);

        // Without features.json a set that is half old and half new does not pass for either.
        File.Delete(FeatureSetLayout.InfoPath(folder));
        for (int i = 0; i < infos.Length; i++)
        {
            Move(shards[i], Modality.Image, infos[i].ImageCount);
            Move(shards[i], Modality.Text, infos[i].TextCount);
            if (shards[i].WithMetadata && (shards[i].WithImages ? infos[i].ImageCount : infos[i].TextCount) > 0)
                Move(shards[i], "metadata", ".jsonl");
        }

        RemoveOthers();
        if (pairs is not null) Npy.Write(FeatureSetLayout.PairsPath(folder), pairs);
        else File.Delete(FeatureSetLayout.PairsPath(folder));
        string[] hashes = [.. infos.Select(info => info.SourceHash ?? "")];
        new FeatureSetInfo(
            encoder,
            infos.Max(info => info.ImageWidth),
            infos.Max(info => info.TextWidth),
            Normalised: true,
            infos.Sum(info => info.ImageCount),
            infos.Sum(info => info.TextCount),
            hashes.Length == 1
                ? hashes[0]
                : Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Concat(hashes)))),
            infos[0].Split).Write(FeatureSetLayout.InfoPath(folder));
    }

    /// <summary>Joins the shards' logs into the set's log, and replaces an older one.</summary>
    public void WriteLog()
    {
        string target = Path.Combine(folder, BadSamples.LogFile);
        string[] logs = [.. shards.Select(store.LogOf).Where(File.Exists)];
        if (logs.Length == 0)
        {
            File.Delete(target);
            return;
        }

        AtomicFile.Write(target, stream =>
        {
            foreach (string log in logs)
            {
                using FileStream source = File.OpenRead(log);
                source.CopyTo(stream);
            }
        });
    }

    // Rows of images are counted on from shard to shard. A set of texts alone counts the samples that they are of.
    private long[]? Pairs(FeatureSetInfo[] infos)
    {
        if (!shards.Any(shard => File.Exists(FeatureSetLayout.PairsPath(store.FolderOf(shard))))) return null;
        var pairs = new List<long>();
        long first = 0;
        for (int i = 0; i < infos.Length; i++)
        {
            string path = FeatureSetLayout.PairsPath(store.FolderOf(shards[i]));
            long[] own = File.Exists(path)
                ? Npy.ReadInt64(path)
                : [.. Enumerable.Range(0, (int)infos[i].TextCount).Select(row => (long)row)];
            foreach (long row in own) pairs.Add(first + row);
            (long samples, long bad) = store.ReadCounts(shards[i]);
            first += samples - bad;
        }

        return [.. pairs];
    }

    private void Move(EmbeddingShard shard, Modality modality, long rows)
    {
        if (rows == 0) return;
        Move(shard, FeatureSetLayout.Prefix(modality), ".npy");
        if (!tokens) return;
        Move(shard, FeatureSetLayout.TokensPrefix(modality), ".npy");
        Move(FeatureSetLayout.LengthsPath(store.FolderOf(shard), modality, 0),
            FeatureSetLayout.LengthsPath(folder, modality, shard.Number));
    }

    private void Move(EmbeddingShard shard, string prefix, string extension) =>
        Move(FeatureSetLayout.ShardPath(store.FolderOf(shard), prefix, extension, 0),
            FeatureSetLayout.ShardPath(folder, prefix, extension, shard.Number));

    private void Move(string source, string target)
    {
        _kept.Add(target);
        if (File.Exists(source))
        {
            AtomicFile.CreateFolder(Path.GetDirectoryName(target)!);
            File.Move(source, target, overwrite: true);
        }
        else if (!File.Exists(target))
        {
            throw new InputException($"cannot embed into '{folder}': '{source}' is missing, although its shard was finished; remove "
                + $"'{store.Work}' and embed again");
        }
    }

    private void RemoveOthers()
    {
        string[] places =
            [.. new[] { Modality.Image,
                Modality.Text }.SelectMany(m => new[] { FeatureSetLayout.Prefix(m), FeatureSetLayout.TokensPrefix(m) }), "metadata"];
        foreach (string place in places.Select(place => Path.Combine(folder, place)).Where(Directory.Exists))
        {
            AtomicFile.CleanFolder(place);
            foreach (string file in Directory.GetFiles(place)
                .Where(file => Path.GetExtension(file) is ".npy" or ".jsonl" && !_kept.Contains(file))) File.Delete(file);
        }
    }
}
