using System.Text.Json;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Measures;

namespace CsAligner.Tests.Starts;

[Collection("process settings")]
public sealed class GaussianTransportTests
{
    public static TheoryData<int> Cases => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Maps_and_shrinkage_are_the_golden_ones(int number)
    {
        JsonElement golden = StartsGolden.Case("transport", number);
        int width = golden.GetProperty("width").GetInt32();
        Tensor x = StartsGolden.Tensor(golden, "x", width), y = StartsGolden.Tensor(golden, "y", width);
        GaussianFit first = GaussianFit.Of(x), second = GaussianFit.Of(y);
        Near.Relative(golden.GetProperty("shrinkage_x").GetDouble(), first.Shrinkage, 1e-5);
        Near.Relative(golden.GetProperty("shrinkage_y").GetDouble(), second.Shrinkage, 1e-5);
        var (toX, toY) = GaussianTransport.ToBarycentre(first, second);
        Same("barycentre_x", toX, x);
        Same("barycentre_y", toY, y);
        Same("y_onto_x", GaussianTransport.Onto(second, first), y);

        void Same(string name, StartMap map, Tensor rows) =>
            Near.Norm(StartsGolden.Numbers(golden, name), Mapped(map, rows).Span.ToArray().Select(v => (double)v), 2e-5, name);
    }

    [Fact]
    public void The_whole_way_gives_a_set_the_moments_of_the_other()
    {
        Tensor x = Clouds.Flat(4000, 5, 1, 0.4f), y = Clouds.Flat(3000, 5, 2, -0.4f);
        StartMap map = GaussianTransport.Onto(GaussianFit.Of(x), GaussianFit.Of(y));
        double before = FrechetDistance.Compute(x, y);
        using var tape = Tape.Inference();

        // Without the normalisation that follows the map.
        Tensor moved = CsAligner.Tensors.Ops.MatMulOps.Linear(tape, x, map.Weight!, map.Shift);
        Assert.True(FrechetDistance.Compute(moved, y) < 1e-3 * before, $"{FrechetDistance.Compute(moved, y)} of {before}");
    }

    [Fact]
    public void Sets_of_the_same_rows_only_lose_their_mean()
    {
        Tensor x = Clouds.Flat(50, 7, 3, 0.5f);
        GaussianFit fit = GaussianFit.Of(x);
        var (first, second) = GaussianTransport.ToBarycentre(fit, fit);
        for (int r = 0; r < 7; r++)
        {
            for (int c = 0; c < 7; c++) Assert.Equal(r == c ? 1 : 0, first.Weight!.Span[(r * 7) + c], 1e-5);
            Near.Relative(-fit.Mean[r], first.Shift.Span[r], 1e-5);
        }

        Near.Norm(first.Weight!.Span.ToArray().Select(v => (double)v), second.Weight!.Span.ToArray().Select(v => (double)v), 1e-6);
    }

    [Fact]
    public void Blocks_and_threads_change_nothing()
    {
        Tensor x = Clouds.Flat(StreamedMoments.BlockRows + 900, 6, 4, 0.2f), y = Clouds.Flat(2 * StreamedMoments.BlockRows, 6, 5, 0.1f);
        int threads = Compute.Threads;
        try
        {
            Compute.Threads = 1;
            float[] one = GaussianTransport.Onto(GaussianFit.Of(x), GaussianFit.Of(y)).Weight!.Span.ToArray();
            Compute.Threads = 2;
            Assert.Equal(one, GaussianTransport.Onto(GaussianFit.Of(x), GaussianFit.Of(y)).Weight!.Span.ToArray());
        }
        finally
        {
            Compute.Threads = threads;
        }
    }

    [Fact]
    public void What_cannot_be_fitted_or_mapped_is_refused()
    {
        Tensor x = Clouds.Flat(10, 4, 6, 0.1f);
        Assert.Contains("2 rows", Assert.Throws<InputException>(() => GaussianFit.Of(new Tensor(1, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("equal rows", Assert.Throws<InputException>(() => GaussianFit.Of(new Tensor(9, 4))).Message,
            StringComparison.Ordinal);
        Assert.Contains("widths 4 and 5", Assert.Throws<InputException>(
            () => GaussianTransport.ToBarycentre(GaussianFit.Of(x), GaussianFit.Of(Clouds.Flat(10, 5, 6, 0.1f)))).Message,
            StringComparison.Ordinal);
    }

    private static Tensor Mapped(StartMap map, Tensor rows)
    {
        using var tape = Tape.Inference();
        return Tensor.From(map.Forward(tape, rows).Span, rows.Rows, rows.Width);
    }
}
