using Merge = (int Rank, int Id);

namespace CsAligner.Tokenizers;

/// <summary>
/// Byte pair encoding of one word, on ids. As in the original, the best pair of the word is merged everywhere from
/// left to right, then the best pair of what that leaves, until none is known.
/// </summary>
internal sealed class MergeTable
{
    private const int LongestScanned = 48;
    private const int NoMerge = int.MaxValue;

    private readonly Dictionary<ulong, Merge> _merges;

    public MergeTable(BpeVocabulary vocabulary)
    {
        _merges = new Dictionary<ulong, Merge>(vocabulary.Merges.Count);
        foreach (BpeMerge merge in vocabulary.Merges)
        {
            ulong pair = PairOf(vocabulary.IdOf(merge.Left), vocabulary.IdOf(merge.Right));
            _merges.Add(pair, (_merges.Count, vocabulary.IdOf(merge.Left + merge.Right)));
        }
    }

    /// <summary>Merges in place; returns how many ids are left.</summary>
    public int Apply(Span<int> ids) => ids.Length <= LongestScanned ? ApplyByScan(ids) : ApplyByQueue(ids);

    /// <summary>Quadratic in the word's length, but faster for typical words.</summary>
    internal int ApplyByScan(Span<int> ids)
    {
        // pairs[i] is what ids[i] and ids[i + 1] would become.
        Span<Merge> pairs = ids.Length <= LongestScanned ? stackalloc Merge[LongestScanned] : new Merge[ids.Length];
        int count = ids.Length;
        for (int i = 0; i + 1 < count; i++)
            pairs[i] = Look(ids[i], ids[i + 1]);
        while (true)
        {
            int best = NoMerge;
            for (int i = 0; i + 1 < count; i++)
                best = Math.Min(best, pairs[i].Rank);
            if (best == NoMerge)
                return count;
            count = MergeEverywhere(ids[..count], pairs, best);
        }
    }

    private int MergeEverywhere(Span<int> ids, Span<Merge> pairs, int rank)
    {
        const int Merged = -1;
        int kept = 0;
        for (int i = 0; i < ids.Length; i++, kept++)
        {
            bool merged = i + 1 < ids.Length && pairs[i].Rank == rank;
            (ids[kept], pairs[kept]) = merged ? (pairs[i].Id, (Merged, 0)) : (ids[i], pairs[i]);
            i += merged ? 1 : 0;
        }

        // Right to left, so that the mark of the right neighbour is read before it is overwritten.
        bool rightMerged = false;
        for (int i = kept - 1; i >= 0; i--)
        {
            bool merged = pairs[i].Rank == Merged;
            if (i + 1 < kept && (merged || rightMerged))
                pairs[i] = Look(ids[i], ids[i + 1]);
            rightMerged = merged;
        }

        return kept;
    }

    /// <summary>N log N, so that a megabyte without a space ends too. Gives what the scan gives.</summary>
    internal int ApplyByQueue(Span<int> ids)
    {
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<int, long>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
            (previous[i], next[i]) = (i - 1, i + 1);
        for (int i = 0; i + 1 < ids.Length; i++)
            Enqueue(queue, ids, i, i + 1);
        var merged = new List<int>();
        while (queue.TryPeek(out _, out long priority))
        {
            // All places of one pair first, then the pairs that this makes: a hand-made merge list may rank those higher.
            int rank = (int)(priority >> 32);
            while (queue.TryPeek(out int position, out priority) && (int)(priority >> 32) == rank)
            {
                queue.Dequeue();
                int right = next[position];
                if (right >= ids.Length || ids[position] < 0 || !_merges.TryGetValue(PairOf(ids[position], ids[right]), out Merge merge)
                    || merge.Rank != rank)
                    continue;
                ids[position] = merge.Id;
                ids[right] = -1;
                next[position] = next[right];
                if (next[right] < ids.Length)
                    previous[next[right]] = position;
                merged.Add(position);
            }

            foreach (int position in merged)
            {
                if (previous[position] >= 0)
                    Enqueue(queue, ids, previous[position], position);
                if (next[position] < ids.Length)
                    Enqueue(queue, ids, position, next[position]);
            }

            merged.Clear();
        }

        int count = 0;
        for (int i = 0; i < ids.Length; i = next[i])
            ids[count++] = ids[i];
        return count;
    }

    private void Enqueue(PriorityQueue<int, long> queue, Span<int> ids, int left, int right)
    {
        if (_merges.TryGetValue(PairOf(ids[left], ids[right]), out Merge merge))
            queue.Enqueue(left, ((long)merge.Rank << 32) | (uint)left);
    }

    private Merge Look(int left, int right) =>
        _merges.TryGetValue(PairOf(left, right), out Merge merge) ? merge : (NoMerge, 0);

    private static ulong PairOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
