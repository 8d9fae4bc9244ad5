using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tests.Ranks;

/// <summary>The loss over ranks: the same bits for any number of them, and what one process computes.</summary>
public sealed class DataParallelLossTests
{
    private const int Width = 40;

    /// <summary>Pairs, unpaired images, unpaired texts.</summary>
    public static TheoryData<int, int, int, double, double> Cases => new()
    {
        { 700, 301, 57, 1, 0.25 },
        { 700, 0, 0, 1, 0 },
        { 501, 300, 20, 0, 1 },
        { 0, 300, 411, 1, 0.25 },
        { 5, 3, 0, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void SameBitsForAnyNumberOfRanks(int pairs, int images, int texts, double csWeight, double infoNceWeight)
    {
        Tensor x = Clouds.Flat(pairs + images, Width, 1, 0.1f), y = Clouds.Flat(pairs + texts, Width, 2, -0.1f);
        var loss = new FusedLossParameters(csWeight, 0.6, false, infoNceWeight, 20, pairs);
        Tensor gradX = new(x.Rows, Width), gradY = new(y.Rows, Width);
        var whole = FusedLossKernel.Compute(x, y, loss, gradX, gradY);
        var one = Run(1, x, y, pairs, loss, RowExchange.Gather);
        Near.Relative(whole.CauchySchwarz, one.Values.CauchySchwarz, 1e-5, "D_CS");
        Near.Relative(whole.InfoNce, one.Values.InfoNce, 1e-5, "InfoNCE");
        Near.Relative(whole.GradScale, one.Values.GradScale, 1e-4, "gradient of the scale");
        Near.Norm(Doubles(gradX), Doubles(one.GradX), 1e-5, "images");
        Near.Norm(Doubles(gradY), Doubles(one.GradY), 1e-5, "texts");
        foreach (int ranks in (int[])[1, 2, 3, 8])
        {
            foreach (var exchange in new[] { RowExchange.Gather, RowExchange.Ring })
            {
                var shared = Run(ranks, x, y, pairs, loss, exchange);
                Assert.Equal(one.Values, shared.Values);
                Assert.Equal(one.GradX.Span.ToArray(), shared.GradX.Span.ToArray());
                Assert.Equal(one.GradY.Span.ToArray(), shared.GradY.Span.ToArray());
            }
        }
    }

    [Fact]
    public void WhereFloat32DoesNotCarryItAllRanksKnow()
    {
        Tensor x = Clouds.Flat(50, Width, 1, 0.1f), y = Clouds.Flat(50, Width, 2, -0.1f);
        var loss = new FusedLossParameters(1, 1e-6, false, 0, 20, 50);
        bool[] carried = ThreadRanks.Run(3, ranks =>
        {
            var (shares, rows) = (Shares(50, 0, ranks, 0), new RankedRows(ranks));
            Tensor ownX = Own(x, shares), ownY = Own(y, shares);
            return DataParallelLossKernel.Compute(
                rows.RowsFor(ownX, shares, RowExchange.Gather), rows.RowsFor(ownY, shares, RowExchange.Gather), rows, loss,
                new Tensor(ownX.Shape), new Tensor(ownY.Shape)) != null;
        });
        Assert.Equal([false, false, false], carried);
    }

    private static (FusedLossValues Values, Tensor GradX, Tensor GradY) Run(
        int size, Tensor x, Tensor y, int pairs, FusedLossParameters loss, RowExchange exchange)
    {
        var results = ThreadRanks.Run(size, ranks =>
        {
            RowShares sharesX = Shares(pairs, x.Rows - pairs, ranks, 1), sharesY = Shares(pairs, y.Rows - pairs, ranks, 2);
            Tensor ownX = Own(x, sharesX), ownY = Own(y, sharesY), gradX = new(ownX.Shape), gradY = new(ownY.Shape);
            var rows = new RankedRows(ranks);
            RankRows Side(Tensor own, RowShares shares) => exchange == RowExchange.Gather
                ? rows.RowsFor(own, shares, exchange)
                : new RankRows(own, shares, RankRows.BlockOf(Width), (first, to) => rows.ReadRows(own, shares, first, to));
            var values = DataParallelLossKernel.Compute(Side(ownX, sharesX), Side(ownY, sharesY), rows, loss, gradX, gradY);
            return (values!.Value, rows.GatherRows(gradX, sharesX), rows.GatherRows(gradY, sharesY));
        });
        foreach (var result in results) Assert.Equal(results[0].Value, result.Value);
        return results[0];
    }

    // Uneven, and the last rank of several has no unpaired rows.
    private static RowShares Shares(int pairs, int unpaired, ThreadRanks ranks, int skew)
    {
        int size = ranks.Size;
        int[] paired = new int[size], free = new int[size];
        for (int i = 0; i < pairs; i++) paired[i % 7 == 0 ? 0 : i % size]++;
        for (int i = 0; i < unpaired; i++) free[size == 1 ? 0 : i * skew % (size - 1)]++;
        return new RowShares(paired, free, ranks.Rank);
    }

    private static Tensor Own(Tensor all, RowShares shares)
    {
        var own = new Tensor(shares.Own.Count, Width);
        for (int i = 0; i < own.Rows; i++) all.Span.Slice(shares.Own[i] * Width, Width).CopyTo(own.Span[(i * Width)..]);
        return own;
    }

    private static IEnumerable<double> Doubles(Tensor tensor) => tensor.Span.ToArray().Select(value => (double)value);
}
