using System.Runtime.InteropServices;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Ranks;

/// <summary>Exchange of rows, and of numbers about rows, between ranks. All members are collective operations.</summary>
internal sealed class RankedRows(ICommunicator ranks) : RankExchange
{
    // Of one operation: far below what MPI counts in an int.
    private const int MostFloats = 1 << 26;

    // A window of passing rows is about so long.
    private const int WindowRows = 8192;

    public ICommunicator Ranks => ranks;

    /// <inheritdoc/>
    public override double Max(double value) => Gathered([value]).Max();

    /// <inheritdoc/>
    public override void Sum(Span<long> values)
    {
        long[] all = Gathered(values);
        int length = values.Length;
        values.Clear();
        for (int i = 0; i < all.Length; i++) values[i % length] += all[i];
    }

    /// <inheritdoc/>
    public override void GatherRows(Span<double> values, int perRow, RowShares shares) => Fill(values, perRow, shares);

    /// <summary>What all ranks have, in their order; as many everywhere.</summary>
    public T[] Gathered<T>(ReadOnlySpan<T> own)
        where T : unmanaged
    {
        var all = new T[own.Length * ranks.Size];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(own);
        long[] lengths = new long[ranks.Size];
        Array.Fill(lengths, bytes.Length);
        ranks.AllGather(bytes, lengths, MemoryMarshal.AsBytes(all.AsSpan()));
        return all;
    }

    /// <summary>All rows, of which each rank has its own.</summary>
    /// <param name="own">The own rows, pairs first.</param>
    /// <param name="shares">Who has which.</param>
    public Tensor GatherRows(Tensor own, RowShares shares)
    {
        var all = new Tensor(shares.Count, own.Width);
        int window = Math.Max(1, MostFloats / own.Width);
        for (int first = 0; first < shares.Count; first += window)
        {
            int count = Math.Min(window, shares.Count - first);
            ReadRows(own, shares, first, all.Span.Slice(first * own.Width, count * own.Width));
        }

        return all;
    }

    /// <summary>Some rows, one after the other, of which each rank has its own.</summary>
    /// <param name="own">The own rows, pairs first.</param>
    /// <param name="shares">Who has which.</param>
    /// <param name="first">The first to read.</param>
    /// <param name="rows">Room for them.</param>
    public void ReadRows(Tensor own, RowShares shares, int first, Span<float> rows)
    {
        int width = own.Width, end = first + (rows.Length / width), pairs = Math.Clamp(shares.Pairs, first, end);
        Part(first, pairs, numbers => (numbers.FirstPaired, numbers.Paired), 0, rows[..((pairs - first) * width)]);
        Part(pairs, end, numbers => (numbers.FirstUnpaired, numbers.Unpaired), shares.Own.Paired, rows[((pairs - first) * width)..]);

        void Part(int from, int to, Func<RowNumbers, (int First, int Count)> range, int ownFirst, Span<float> into)
        {
            if (from == to) return;
            long[] lengths = [.. shares.Ranks.Select(numbers => (long)sizeof(float) * width * Overlap(range(numbers)).Count)];
            var (start, count) = Overlap(range(shares.Own));
            ReadOnlySpan<float> mine = own.Span.Slice((ownFirst + start) * width, count * width);
            ranks.AllGather(MemoryMarshal.AsBytes(mine), lengths, MemoryMarshal.AsBytes(into));

            (int Start, int Count) Overlap((int First, int Count) share)
            {
                int begin = Math.Clamp(from - share.First, 0, share.Count), stop = Math.Clamp(to - share.First, 0, share.Count);
                return (begin, stop - begin);
            }
        }
    }

    /// <summary>Chosen rows in the order given.</summary>
    /// <param name="own">The own rows, pairs first.</param>
    /// <param name="shares">Who has which.</param>
    /// <param name="chosen">Numbers among all rows, ascending: the same on all ranks.</param>
    public Tensor ChosenRows(Tensor own, RowShares shares, ReadOnlySpan<int> chosen)
    {
        // Ascending numbers: of each rank first its pairs, then, behind those of all ranks, the rest.
        var (paired, unpaired) = (new int[ranks.Size], new int[ranks.Size]);
        var mine = new List<float>();
        foreach (int number in chosen)
        {
            for (int r = 0; r < ranks.Size; r++)
            {
                var share = shares.Ranks[r];
                int place = number < shares.Pairs ? number - share.FirstPaired : number - share.FirstUnpaired;
                if (place < 0 || place >= (number < shares.Pairs ? share.Paired : share.Unpaired)) continue;
                (number < shares.Pairs ? paired : unpaired)[r]++;
                if (r != ranks.Rank) break;
                int row = number < shares.Pairs ? place : share.Paired + place;
                mine.AddRange(own.Span.Slice(row * own.Width, own.Width));
                break;
            }
        }

        return GatherRows(Tensor.From(CollectionsMarshal.AsSpan(mine), mine.Count / own.Width, own.Width),
            new RowShares(paired, unpaired, ranks.Rank));
    }

    /// <summary>A set for a data-parallel loss, as the exchange wants it.</summary>
    /// <param name="own">The own rows, pairs first.</param>
    /// <param name="shares">Who has which.</param>
    /// <param name="exchange">How the others' come here.</param>
    public RankRows RowsFor(Tensor own, RowShares shares, RowExchange exchange)
    {
        if (exchange == RowExchange.Gather) return new RankRows(own, GatherRows(own, shares), shares);

        // Of other processors' blocks, too: windows are the same everywhere.
        int block = (int)Max(RankRows.BlockOf(own.Width)), window = Math.Max(1, WindowRows / block) * block;
        return new RankRows(own, shares, window, (first, rows) => ReadRows(own, shares, first, rows));
    }

    // The own rows' values to all ranks: pairs, then the rest.
    private void Fill(Span<double> values, int perRow, RowShares shares)
    {
        Part(numbers => (numbers.FirstPaired, numbers.Paired), values[..(shares.Pairs * perRow)], 0);
        Part(numbers => (numbers.FirstUnpaired, numbers.Unpaired), values[(shares.Pairs * perRow)..], shares.Pairs);

        void Part(Func<RowNumbers, (int First, int Count)> range, Span<double> part, int offset)
        {
            if (part.Length == 0) return;
            long[] lengths = [.. shares.Ranks.Select(numbers => (long)sizeof(double) * perRow * range(numbers).Count)];
            var (first, count) = range(shares.Own);
            double[] mine = part.Slice((first - offset) * perRow, count * perRow).ToArray();
            ranks.AllGather(MemoryMarshal.AsBytes(mine.AsSpan()), lengths, MemoryMarshal.AsBytes(part));
        }
    }
}
