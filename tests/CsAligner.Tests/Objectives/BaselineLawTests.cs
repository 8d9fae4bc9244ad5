using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Tests.Objectives;

/// <summary>What holds for the baselines whatever the implementation.</summary>
public class BaselineLawTests
{
    private static readonly double[,] X = Clouds.Normal(60, 5, 21);
    private static readonly double[,] Y = Clouds.Normal(45, 5, 22, shift: 0.7);

    private static readonly BaselineCase[] Divergences =
    [
        BaselineCase.Mmd(1, [0.5, 2], false), BaselineCase.CauchySchwarz(1, [0.5, 2], false), BaselineCase.Coral(0.5),
        BaselineCase.GaussianKl(0.1), BaselineCase.Sinkhorn(0.3, 0.7),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Divergences.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_divergence_is_symmetric_positive_and_zero_on_equal_samples(int number)
    {
        var one = Divergences[number];
        double value = one.Run(X, Y).Value;
        Assert.True(value > 1e-3, $"{one.Name}: {value}");
        Assert.Equal(value, one.Run(Y, X).Value, 1e-5 * value);
        Assert.Equal(0, one.Run(X, X).Value, 1e-5);
        Assert.All(one.Run(X, X).GradX, g => Assert.Equal(0, g, 1e-5));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Order_of_rows_and_moving_both_sets_change_nothing(int number)
    {
        var one = Divergences[number];
        double[,] shuffled = new double[60, 5], moved = (double[,])Y.Clone();
        int[] order = [.. Enumerable.Range(0, 60)];
        new RandomGenerator(5).Shuffle(order.AsSpan());
        for (int i = 0; i < 60; i++)
            for (int d = 0; d < 5; d++) shuffled[i, d] = X[order[i], d] + (d == 2 ? 16 : 0);
        for (int i = 0; i < 45; i++) moved[i, 2] += 16;
        Near.Relative(one.Run(X, Y).Value, one.Run(shuffled, moved).Value, 5e-5, one.Name);
    }

    // |m|^2 / 2 each way, whatever the covariance.
    [Fact]
    public void Gaussian_KL_tends_to_the_closed_form()
    {
        double[,] x = Clouds.Normal(20000, 3, 31), y = Clouds.Normal(20000, 3, 32, shift: 0.8, scale: 2);
        double scale = 0.5 * ((1.0 / 4) + 4 - 2) / 2 * 3, mean = 0.25 * 3 * 0.64 * (1 + 0.25);
        Assert.Equal(scale + mean, BaselineCase.GaussianKl(1e-6).Run(x, y).Value, 0.02 * (scale + mean));
    }

    // MMD^2 of N(0, I) and N(m, I): 2 (s / (s + 2))^(D/2) (1 - exp(-|m|^2 / (2 (s + 2)))), s = sigma^2.
    [Fact]
    public void Unbiased_MMD_tends_to_the_closed_form()
    {
        double[,] x = Clouds.Normal(5000, 3, 33), y = Clouds.Normal(5000, 3, 34, shift: 0.5);
        double expected = 2 * Math.Pow(1.0 / 3, 1.5) * (1 - Math.Exp(-3 * 0.25 / 6));
        Assert.Equal(expected, BaselineCase.Mmd(1, [1], true).Run(x, y).Value, 0.05 * expected);
    }

    [Fact]
    public void Sinkhorn_of_two_points_is_half_their_squared_distance()
    {
        double[,] x = { { 1, 2, 3 } }, y = { { 2, 0, 3.5 } };
        var (value, gradX, _) = BaselineCase.Sinkhorn(0.1, 0.5).Run(x, y);
        Near.Relative(0.5 * 5.25, value, 1e-5);
        Near.Norm([-1, 2, -0.5], gradX, 1e-5);
    }

    [Fact]
    public void Sinkhorn_at_a_large_blur_is_half_the_squared_distance_of_the_means()
    {
        double squared = 0;
        for (int d = 0; d < 5; d++)
        {
            double gap = Enumerable.Range(0, 60).Average(i => X[i, d]) - Enumerable.Range(0, 45).Average(i => Y[i, d]);
            squared += gap * gap;
        }

        Near.Relative(0.5 * squared, BaselineCase.Sinkhorn(300, 0.5).Run(X, Y).Value, 1e-3);
    }

    // One dimension, few points: sorted partners are the optimal transport.
    [Fact]
    public void Sinkhorn_at_a_small_blur_is_the_transport_cost()
    {
        double[,] x = { { 0 }, { 3 }, { 1 }, { 7 } }, y = { { 8.5 }, { 1.5 }, { 0.5 }, { 4 } };
        double expected = 0.5 * (0.25 + 0.25 + 1 + 2.25) / 4;
        Near.Relative(expected, BaselineCase.Sinkhorn(0.02, 0.9).Run(x, y).Value, 1e-3);
    }

    [Fact]
    public void Coral_sees_no_shift_unless_means_are_weighed()
    {
        double[,] moved = (double[,])X.Clone();
        for (int i = 0; i < 60; i++) moved[i, 1] += 2;
        Assert.Equal(0, BaselineCase.Coral(0).Run(X, moved).Value, 1e-9);
        Near.Relative(4 * 0.25, BaselineCase.Coral(0.25).Run(X, moved).Value, 1e-5);
    }

    [Fact]
    public void SigLip_at_extreme_logits_is_finite_and_right()
    {
        double[,] x = Clouds.Unit(20, 8, 1), y = Clouds.Unit(20, 8, 2);
        var sure = BaselineCase.SigLip(20, Math.Log(400), -500).Run(x, y);
        double scores = 0;
        for (int i = 0; i < 20; i++)
            for (int d = 0; d < 8; d++) scores += x[i, d] * y[i, d] / 20;
        Near.Relative(500 - (400 * scores), sure.Value, 1e-5);
        Assert.All(sure.GradX, g => Assert.True(double.IsFinite(g)));
    }

    [Fact]
    public void A_row_of_zeros_counts_1_and_pulls_nobody_in_the_cosine_loss()
    {
        double[,] x = { { 0, 0 }, { 3, 0 } }, y = { { 1, 0 }, { 5, 0 } };
        var (value, gradX, gradY) = BaselineCase.Cosine(2).Run(x, y);
        Assert.Equal(0.5, value, 1e-7);
        Assert.All(gradX.Concat(gradY), g => Assert.Equal(0, g, 1e-7));
    }

    [Fact]
    public void Unpaired_rows_take_no_part_in_losses_of_pairs()
    {
        foreach (var one in new[] { BaselineCase.SquaredDistance(4), BaselineCase.Cosine(4), BaselineCase.SigLip(4, 1, -1) })
        {
            var (value, gradX, gradY) = one.Run(X, Y);
            var (same, _, _) = one.Run(Top(X), Top(Y));
            Assert.Equal(same, value);
            Assert.All(gradX[20..].Concat(gradY[20..]), g => Assert.Equal(0, g));
            Assert.Contains(gradX[..20], g => g != 0);
        }
    }

    [Fact]
    public void What_cannot_be_computed_is_refused()
    {
        Tensor one = Tensor.From([1, 2], 1, 2), same = Tensor.From([1, 2, 1, 2], 2, 2), two = Tensor.From([1, 2, 3, 5], 2, 2);
        using var tape = new Tape();
        Assert.Throws<ArgumentException>(() => tape.Coral(one, two));
        Assert.Throws<ArgumentException>(() => tape.GaussianKl(same, two));
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.GaussianKl(two, two, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.SinkhornDivergence(two, two, 0));
        Assert.Contains("steps", Assert.Throws<ArgumentOutOfRangeException>(() => tape.SinkhornDivergence(two, two, 0.05, 0.99)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.MaximumMeanDiscrepancy(two, two, 1, [1, 0]));
        Assert.Throws<ArgumentException>(() => tape.MaximumMeanDiscrepancy(one, two, 1, [], offDiagonal: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.SquaredDistanceLoss(two, two, 3));
        Assert.Throws<ArgumentException>(() => tape.SigLipLoss(two, two, two, SigLip.LogitBias()));
    }

    private static double[,] Top(double[,] points)
    {
        var top = new double[4, 5];
        Array.Copy(points, top, 20);
        return top;
    }
}
