using CsAligner.Objectives;
using CsAligner.Ranks;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors;

namespace CsAligner.Evaluation;

/// <summary>
/// The kernel total of one pairing of sets, block by block. Each block of rows meets the blocks of columns in their order
/// and remembers how far it has come: that is the whole state, whatever is held in memory meanwhile.
/// </summary>
internal sealed class StreamedKernelTotal
{
    private readonly StreamedBandwidth[] _bandwidths;
    private readonly Tensor _centre;
    private readonly KernelTotal[][] _totals;

    /// <param name="x">The rows.</param>
    /// <param name="y">The columns.</param>
    /// <param name="isWithin">Rows and columns are one set: only pairs of distinct rows count.</param>
    /// <param name="bandwidths">The bandwidths, each with its own total.</param>
    /// <param name="centre">The centre to subtract from every row before computing distances.</param>
    /// <param name="blockRows">Rows of a block.</param>
    public StreamedKernelTotal(IRowSource x, IRowSource y, bool isWithin, StreamedBandwidth[] bandwidths, Tensor centre, int blockRows)
    {
        (X, Y, IsWithin, _bandwidths, _centre) = (x, y, isWithin, bandwidths, centre);
        (RowBlocks, ColumnBlocks) = (Blocks.Count(x.Rows, blockRows), Blocks.Count(y.Rows, blockRows));
        Next = [.. Enumerable.Range(0, RowBlocks).Select(i => IsWithin ? i : 0)];
        _totals = [.. Next.Select(_ => bandwidths.Select(_ => new KernelTotal()).ToArray())];
    }

    public IRowSource X { get; }

    public IRowSource Y { get; }

    public bool IsWithin { get; }

    public int RowBlocks { get; }

    public int ColumnBlocks { get; }

    /// <summary>For each block of rows the first block of columns that it has not met.</summary>
    public int[] Next { get; }

    public long Pairs => IsWithin ? (long)RowBlocks * (RowBlocks + 1) / 2 : (long)RowBlocks * ColumnBlocks;

    public long PairsLeft => Next.Sum(next => (long)ColumnBlocks - next);

    /// <summary>Adds the pair of a block of rows and the next block of columns.</summary>
    public void Advance(int block, Tensor rows, int rowCount, Tensor columns, int columnCount)
    {
        bool diagonal = IsWithin && Next[block] == block;
        KernelTotal[] parts = diagonal
            ? BlockSums.Within(rows, rowCount, _centre, _bandwidths)
            : BlockSums.Between(rows, rowCount, columns, columnCount, _centre, _bandwidths);

        // Above the diagonal of one set a pair stands for both of its orders.
        int times = IsWithin && !diagonal ? 2 : 1;
        for (int s = 0; s < parts.Length; s++) _totals[block][s].Add(parts[s].Shift, times * parts[s].Sum, times * parts[s].MinusOne);
        Next[block]++;
    }

    /// <summary>The total over all blocks for a bandwidth; of distinct rows within one set.</summary>
    /// <param name="bandwidth">Its number.</param>
    public KernelTotal Total(int bandwidth)
    {
        var total = new KernelTotal();
        foreach (var row in _totals) total.Add(row[bandwidth]);
        return total;
    }

    /// <summary>Everything that <see cref="Restore"/> needs, bit by bit.</summary>
    public IEnumerable<long> Save() => Next.SelectMany((next, block) => _totals[block].SelectMany(Numbers).Prepend(next));

    /// <summary>Takes what <see cref="Save"/> gave; false if it does not fit.</summary>
    public bool Restore(ReadOnlySpan<long> saved)
    {
        int each = 1 + (3 * _bandwidths.Length);
        if (saved.Length != each * RowBlocks) return false;
        for (int block = 0; block < RowBlocks; block++)
        {
            var numbers = saved.Slice(block * each, each);
            if (numbers[0] < Next[block] || numbers[0] > ColumnBlocks) return false;
            Next[block] = (int)numbers[0];
            for (int s = 0; s < _bandwidths.Length; s++)
            {
                _totals[block][s] = new KernelTotal();
                _totals[block][s].Add(Number(numbers[(3 * s) + 1]), Number(numbers[(3 * s) + 2]), Number(numbers[(3 * s) + 3]));
            }
        }

        return true;

        static double Number(long bits) => BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>Leaves to a rank every P-th block of rows: what it skips is done by others.</summary>
    public void KeepShare(int rank, int ranks)
    {
        for (int block = 0; block < RowBlocks; block++)
            if (block % ranks != rank) Next[block] = ColumnBlocks;
    }

    /// <summary>Takes each block of rows from the rank that has done it. A collective operation.</summary>
    public void Merge(ICommunicator ranks)
    {
        int each = 1 + (3 * _bandwidths.Length);
        long[] own = [.. Save()], all = new RankedRows(ranks).Gathered<long>(own);
        for (int block = 0; block < RowBlocks; block++)
            all.AsSpan((block % ranks.Size * own.Length) + (block * each), each).CopyTo(own.AsSpan(block * each));
        Restore(own);
    }

    private static IEnumerable<long> Numbers(KernelTotal total) =>
        ((double[])[total.Shift, total.Sum, total.MinusOne]).Select(BitConverter.DoubleToInt64Bits);
}
