using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Mpi.Worker;

/// <summary>The loss of rows that ranks share unevenly, by both exchanges: rank 0 prints a hash of its values and gradients.</summary>
internal static class Losses
{
    private const int Width = 64, Pairs = 900, Images = 1103, Texts = 977;

    public static void Run(ICommunicator ranks)
    {
        Tensor x = Rows(Images, 1), y = Rows(Texts, 2);
        RowShares sharesX = Shares(Images), sharesY = Shares(Texts);
        Tensor ownX = Own(x, sharesX), ownY = Own(y, sharesY);
        var loss = new FusedLossParameters(1, 0.6, false, 0.25, 20, Pairs);
        foreach (var exchange in (RowExchange[])[RowExchange.Gather, RowExchange.Ring])
        {
            var rows = new RankedRows(ranks);
            Tensor gradX = new(ownX.Shape), gradY = new(ownY.Shape);
            var values = DataParallelLossKernel.Compute(Side(ownX, sharesX), Side(ownY, sharesY), rows, loss, gradX, gradY)!.Value;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(MemoryMarshal.AsBytes((ReadOnlySpan<double>)[values.CauchySchwarz, values.InfoNce, values.GradScale]));
            hash.AppendData(MemoryMarshal.AsBytes(rows.GatherRows(gradX, sharesX).Span));
            hash.AppendData(MemoryMarshal.AsBytes(rows.GatherRows(gradY, sharesY).Span));
            if (ranks.Rank == 0) Console.WriteLine($"loss {Convert.ToHexString(hash.GetHashAndReset())}");

            RankRows Side(Tensor own, RowShares shares) => exchange == RowExchange.Gather
                ? rows.RowsFor(own, shares, exchange)
                : new RankRows(own, shares, RankRows.BlockOf(Width), (first, to) => rows.ReadRows(own, shares, first, to));
        }

        // The last rank of several has no unpaired rows, the first more pairs than others.
        RowShares Shares(int count)
        {
            int size = ranks.Size;
            int[] paired = new int[size], free = new int[size];
            for (int i = 0; i < Pairs; i++) paired[i % 5 == 0 ? 0 : i % size]++;
            for (int i = Pairs; i < count; i++) free[size == 1 ? 0 : i % (size - 1)]++;
            return new RowShares(paired, free, ranks.Rank);
        }
    }

    private static Tensor Rows(int count, ulong seed)
    {
        var rows = Tensor.Normal(new RandomGenerator(seed), 0.2f, count, Width);
        for (int i = 0; i < rows.Length; i += Width) rows.Span[i] += seed;
        return rows;
    }

    private static Tensor Own(Tensor all, RowShares shares)
    {
        var own = new Tensor(shares.Own.Count, Width);
        for (int i = 0; i < own.Rows; i++) all.Span.Slice(shares.Own[i] * Width, Width).CopyTo(own.Span[(i * Width)..]);
        return own;
    }
}
