using CsAligner.Objectives;
using CsAligner.Tensors;

namespace CsAligner.Tests.Objectives;

/// <summary>The laws of the divergence, which hold whatever the implementation.</summary>
public class DivergenceLawTests
{
    private static readonly double[,] X = Clouds.Normal(60, 5, 21);
    private static readonly double[,] Y = Clouds.Normal(45, 5, 22, shift: 0.7);

    [Fact]
    public void It_is_symmetric() => Assert.Equal(Value(X, Y), Value(Y, X), 1e-6);

    [Fact]
    public void It_is_positive_and_zero_on_equal_samples()
    {
        Assert.True(Value(X, Y) > 0.1);
        Assert.Equal(0, Value(X, X), 1e-6);
    }

    [Fact]
    public void Order_of_rows_does_not_matter()
    {
        var order = Enumerable.Range(0, 60).ToArray();
        new RandomGenerator(5).Shuffle(order.AsSpan());
        Assert.Equal(Value(X, Y), Value(Rows(X, order), Y), 1e-6);
    }

    [Fact]
    public void Repeating_every_row_changes_nothing() =>
        Assert.Equal(Value(X, Y), Value(Rows(X, [.. Enumerable.Range(0, 180).Select(i => i % 60)]), Y), 1e-6);

    [Fact]
    public void Moving_both_clouds_together_changes_nothing()
    {
        double[,] x = (double[,])X.Clone(), y = (double[,])Y.Clone();
        for (int i = 0; i < 60; i++) x[i, 2] += 64;
        for (int i = 0; i < 45; i++) y[i, 2] += 64;
        Assert.Equal(Value(X, Y), Value(x, y), 1e-4);
    }

    [Fact]
    public void Scaling_rows_and_bandwidth_together_changes_nothing()
    {
        double[,] x = (double[,])X.Clone(), y = (double[,])Y.Clone();
        foreach (double[,] points in new[] { x, y })
            for (int i = 0; i < points.GetLength(0); i++)
                for (int d = 0; d < 5; d++) points[i, d] *= 8;
        Assert.Equal(Value(X, Y), Value(x, y, 8), 1e-5);
    }

    // N(0, I) and N(m, I), kernel variance sigma^2: integrals are Gaussians of variance 2 + sigma^2 per dimension, so
    // D_CS tends to |m|^2 / (2 + sigma^2).
    [Fact]
    public void For_gaussians_it_tends_to_the_closed_form()
    {
        const int Rows = 6000;
        const double Shift = 0.5;
        double[,] x = Clouds.Normal(Rows, 3, 31), y = Clouds.Normal(Rows, 3, 32, Shift);
        Assert.Equal(3 * Shift * Shift / (2 + 1), Value(x, y, 1), 0.02);
    }

    [Fact]
    public void Off_diagonal_is_near_zero_where_both_come_from_one_distribution()
    {
        double[,] x = Clouds.Normal(400, 8, 41), y = Clouds.Normal(400, 8, 42);
        double biased = Value(x, y), unbiased = CauchySchwarzDivergence.Value(ToTensor(x), ToTensor(y), 1, offDiagonal: true);
        Assert.True(biased > 0.3, $"the biased floor, {biased}");
        Assert.InRange(unbiased, -0.05, 0.05);
    }

    private static double Value(double[,] x, double[,] y, double sigma = 1) =>
        CauchySchwarzDivergence.Value(ToTensor(x), ToTensor(y), sigma);

    private static Tensor ToTensor(double[,] points) => ObjectiveTests.Parameter(points);

    private static double[,] Rows(double[,] points, int[] order)
    {
        var picked = new double[order.Length, points.GetLength(1)];
        for (int i = 0; i < order.Length; i++)
            for (int d = 0; d < points.GetLength(1); d++) picked[i, d] = points[order[i], d];
        return picked;
    }
}
