using Merge = (int Rank, int Id);

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// Byte pair encoding as Hugging Face's tokenizers do it: always merges the best pair present, the left one first.
/// (CLIP's own, in <see cref="MergeTable"/>, merges a pair everywhere before it looks again; on trained merges both are one.)
/// </summary>
internal sealed class PairMerges
{
    private const int LongestScanned = 40;
    private const int NoMerge = int.MaxValue;

    private readonly Dictionary<ulong, Merge> _merges;

    public PairMerges(int capacity) => _merges = new Dictionary<ulong, Merge>(capacity);

    /// <summary>Adds the next best merge; of a pair that comes twice the later rank counts.</summary>
    public void Add(int left, int right, int rank, int id) => _merges[PairOf(left, right)] = (rank, id);

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
            int best = -1, rank = NoMerge;
            for (int i = 0; i + 1 < count; i++)
            {
                if (pairs[i].Rank < rank)
                    (best, rank) = (i, pairs[i].Rank);
            }

            if (best < 0)
                return count;
            ids[best] = pairs[best].Id;
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            pairs[(best + 1)..count].CopyTo(pairs[best..]);
            count--;
            if (best + 1 < count)
                pairs[best] = Look(ids[best], ids[best + 1]);
            if (best > 0)
                pairs[best - 1] = Look(ids[best - 1], ids[best]);
        }
    }

    /// <summary>N log N, for models that take a whole text as one word. Gives what the scan gives.</summary>
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
        while (queue.TryDequeue(out int place, out ulong priority))
        {
            // An entry is a bid: one whose pair has changed since is thrown away.
            int right = next[place];
            if (ids[place] < 0 || right >= length || !_merges.TryGetValue(PairOf(ids[place], ids[right]), out Merge merge)
                || merge.Rank != (int)(priority >> 32))
                continue;
            ids[place] = merge.Id;
            ids[right] = -1;
            next[place] = next[right];
            if (next[place] < length)
            {
                previous[next[place]] = place;
                Offer(queue, ids, place, next[place]);
            }

            if (previous[place] >= 0)
                Offer(queue, ids, previous[place], place);
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
