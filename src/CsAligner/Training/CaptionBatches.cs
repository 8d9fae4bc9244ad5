using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// One epoch's batches: every pair once, coloured images as often as the recipe says, in an order drawn by the seed,
/// no main caption twice in a batch where that can be had. Two icons of one name in a batch would be taught to push each other's text away.
/// </summary>
internal sealed class CaptionBatches
{
    private readonly int[] _captionIds;
    private readonly int[] _shown;
    private readonly int _batchSize;
    private readonly ulong _seed;

    public CaptionBatches(IImageTextPairs pairs, int batchSize, ulong seed, int colouredRepeats = 1)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        _captionIds = new int[pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            string caption = pairs.Captions(i)[0];
            if (!ids.TryGetValue(caption, out int id)) ids[caption] = id = ids.Count;
            _captionIds[i] = id;
        }

        _shown = [.. Enumerable.Range(0, pairs.Count).SelectMany(i => Enumerable.Repeat(i, pairs.IsColoured(i) ? colouredRepeats : 1))];
        (_batchSize, _seed) = (batchSize, seed);
    }

    /// <summary>Full batches in an epoch; the remaining pairs wait for the next epoch.</summary>
    public int PerEpoch => Math.Max(1, _shown.Length / _batchSize);

    /// <summary>The batches of one epoch; the same epoch always gives the same batches.</summary>
    public List<int[]> Epoch(int epoch)
    {
        int[] order = [.. _shown];
        new RandomGenerator(_seed).Split((ulong)epoch).Shuffle<int>(order);
        var batches = new List<int[]>();
        var waiting = new Queue<int>(order);
        while (batches.Count < PerEpoch)
        {
            var batch = new List<int>(_batchSize);
            var captions = new HashSet<int>();
            var clashing = new List<int>();
            while (batch.Count < _batchSize && waiting.TryDequeue(out int index))
            {
                if (captions.Add(_captionIds[index])) batch.Add(index);
                else clashing.Add(index);
            }

            // Those that clashed come first in the next batch; at the very end there may be nothing else left.
            int repeats = Math.Min(clashing.Count, _batchSize - batch.Count);
            batch.AddRange(clashing[..repeats]);
            clashing.RemoveRange(0, repeats);

            waiting = new Queue<int>(clashing.Concat(waiting));
            batches.Add([.. batch]);
        }

        return batches;
    }
}
