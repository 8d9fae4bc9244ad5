using Merge = (int Rank, int Id);

namespace CsAligner.Tokenizers.Pieces;

/// <summary>
/// Byte pair encoding of one word, on ids: the best pair is merged, then the best pair of what that leaves, until none is known. CLIP
/// merges a pair everywhere in the word before it looks again, Hugging Face's tokenizers the left one alone; on trained merges both
/// are one, on lists made by hand a new pair may rank higher.
/// </summary>
/// <param name="capacity">How many merges will be added.</param>
/// <param name="everywhere">CLIP's way.</param>
internal sealed class BpeMerges(int capacity, bool everywhere)
{
    private const int LongestScanned = 48;
    private const int NoMerge = int.MaxValue;

    private readonly Dictionary<ulong, Merge> _merges = new(capacity);

    /// <summary>Adds the next best merge; of a pair that comes twice the later rank counts.</summary>
    public void Add(int left, int right, int rank, int id) => _merges[PairOf(left, right)] = (rank, id);

    /// <summary>Merges in place; returns how many ids are left.</summary>
    public int Apply(Span<int> ids) => ids.Length <= LongestScanned ? ApplyByScan(ids) : ApplyByQueue(ids);

    /// <summary>Quadratic in the word's length, and the faster one for words as they are.</summary>
    internal int ApplyByScan(Span<int> ids)
    {
        // pairs[i] is what ids[i] and ids[i + 1] would become.
        Span<Merge> pairs = ids.Length <= LongestScanned ? stackalloc Merge[LongestScanned] : new Merge[ids.Length];
        int count = ids.Length;
        for (int i = 0; i + 1 < count; i++)
            pairs[i] = Look(ids[i], ids[i + 1]);
        while (true)
        {
            int best = -1, rank = NoMerge;
            for (int i = 0; i + 1 < count; i++)
            {
                if (pairs[i].Rank < rank)
                    (best, rank) = (i, pairs[i].Rank);
            }

            if (best < 0)
                return count;
            count = everywhere ? MergeEverywhere(ids[..count], pairs, rank) : MergeOne(ids[..count], pairs, best);
        }
    }

    private int MergeOne(Span<int> ids, Span<Merge> pairs, int best)
    {
        int count = ids.Length - 1;
        ids[best] = pairs[best].Id;
        ids[(best + 2)..].CopyTo(ids[(best + 1)..]);
        pairs[(best + 1)..ids.Length].CopyTo(pairs[best..]);
        if (best + 1 < count)
            pairs[best] = Look(ids[best], ids[best + 1]);
        if (best > 0)
            pairs[best - 1] = Look(ids[best - 1], ids[best]);
        return count;
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
        int length = ids.Length;
        var next = new int[length];
        var previous = new int[length];
        var first = new List<(int Place, ulong Priority)>(length);
        for (int i = 0; i < length; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
            if (i + 1 < length && _merges.TryGetValue(PairOf(ids[i], ids[i + 1]), out Merge merge))
                first.Add((i, PriorityOf(merge.Rank, i)));
        }

        var queue = new PriorityQueue<int, ulong>(first);
        var merged = new List<int>();
        while (queue.TryDequeue(out int place, out ulong priority))
        {
            // An entry is a bid: one whose pair has changed since is thrown away.
            int rank = (int)(priority >> 32), right = next[place];
            if (ids[place] >= 0 && right < length && _merges.TryGetValue(PairOf(ids[place], ids[right]), out Merge merge)
                && merge.Rank == rank)
            {
                ids[place] = merge.Id;
                ids[right] = -1;
                next[place] = next[right];
                if (next[place] < length)
                    previous[next[place]] = place;
                merged.Add(place);
            }

            // Everywhere: all places of one pair first, then the pairs that this makes.
            if (everywhere && queue.TryPeek(out _, out priority) && (int)(priority >> 32) == rank) continue;
            foreach (int made in merged)
            {
                if (previous[made] >= 0)
                    Offer(queue, ids, previous[made], made);
                if (next[made] < length)
                    Offer(queue, ids, made, next[made]);
            }

            merged.Clear();
        }

        int count = 0;
        for (int i = 0; i < length; i = next[i])
            ids[count++] = ids[i];
        return count;
    }

    private void Offer(PriorityQueue<int, ulong> queue, Span<int> ids, int left, int right)
    {
        if (_merges.TryGetValue(PairOf(ids[left], ids[right]), out Merge merge))
            queue.Enqueue(left, PriorityOf(merge.Rank, left));
    }

    private Merge Look(int left, int right) => _merges.TryGetValue(PairOf(left, right), out Merge merge) ? merge : (NoMerge, 0);

    private static ulong PriorityOf(int rank, int place) => ((ulong)(uint)rank << 32) | (uint)place;

    private static ulong PairOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
