using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;

namespace CsAligner.Tests.Evaluation;

public class GapAnalysisTests
{
    [Fact]
    public void Sets_with_a_gap_are_separable_and_halves_of_one_set_are_not()
    {
        Tensor x = Clouds.Flat(400, 24, 1, 0.3f), y = Clouds.Flat(300, 24, 2, -0.3f), same = Clouds.Flat(300, 24, 3, 0.3f);
        var apart = LinearSeparability.Measure(x, y);
        Assert.True(apart.Accuracy > 0.99, $"{apart}");
        Assert.Equal((350, 350), (apart.TrainingRows, apart.TestRows));
        Assert.InRange(LinearSeparability.Measure(x, same).Accuracy, 0.4, 0.6);
    }

    // Two normals of unit variance, m apart along one direction: the best plane is right with probability Phi(m / 2).
    [Fact]
    public void Separability_nears_that_of_the_best_plane()
    {
        Tensor x = Tensor.Normal(new RandomGenerator(4), 1, 4000, 5), y = Tensor.Normal(new RandomGenerator(5), 1, 4000, 5);
        for (int i = 0; i < 4000; i++) y.Span[i * 5] += 2;
        Assert.Equal(MathNet.Numerics.Distributions.Normal.CDF(0, 1, 1), LinearSeparability.Measure(x, y).Accuracy, 0.015);
    }

    [Fact]
    public void Separability_is_that_of_the_seed_and_of_any_scale_and_place()
    {
        Tensor x = Clouds.Flat(90, 10, 1, 0.1f), y = Clouds.Flat(90, 10, 2, -0.05f), farX = x.Clone(), farY = y.Clone();
        foreach (Tensor far in new[] { farX, farY })
            foreach (ref float value in far.Span) value = (value * 50) + 200;
        var one = LinearSeparability.Measure(x, y, 3);
        Assert.Equal(one, LinearSeparability.Measure(x, y, 3));
        Assert.Equal(one.Accuracy, LinearSeparability.Measure(farX, farY, 3).Accuracy, 0.02);
        Assert.NotEqual(one.Accuracy, LinearSeparability.Measure(x, y, 4).Accuracy);
        Assert.Throws<InputException>(() => LinearSeparability.Measure(new Tensor(3, 10), y));
    }

    [Fact]
    public void The_planes_gradient_is_that_of_central_differences()
    {
        Tensor rows = Tensor.Normal(new RandomGenerator(9), 1, 300, 4);
        bool[] labels = [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0)];
        double[] weights = [0.3, -0.7, 0.2, 1.1, -0.4], gradient = new double[5], spare = new double[5];
        LogisticKernel.Gradient(rows, labels, weights, gradient);
        for (int d = 0; d < 5; d++)
        {
            double[] above = [.. weights], below = [.. weights];
            (above[d], below[d]) = (above[d] + 1e-5, below[d] - 1e-5);
            double slope =
                (LogisticKernel.Gradient(rows, labels, above, spare) - LogisticKernel.Gradient(rows, labels, below, spare)) / 2e-5;
            Assert.Equal(slope, gradient[d], 1e-8);
        }
    }

    [Fact]
    public void A_shift_is_centroid_and_unlike_shapes_are_distribution()
    {
        // One cloud on the sphere, moved: all but nothing is left when the means go.
        Tensor x = Normalised(6, 0.7f, 1), y = Normalised(7, -0.7f, 1), wide = Normalised(8, 0.7f, 3);
        var shifted = GapSplit.Measure(x, y);
        Assert.True(shifted.CentroidPart > 0.9 * shifted.Divergence, $"{shifted}");
        Assert.True(shifted.FrechetMeans > 10 * shifted.FrechetCovariances, $"{shifted}");

        var reshaped = GapSplit.Measure(Centre(x), Centre(wide));
        Assert.True(reshaped.DivergenceCentred > 0.5 * reshaped.Divergence, $"{reshaped}");
        Assert.True(reshaped.FrechetCovariances > reshaped.FrechetMeans, $"{reshaped}");
    }

    [Fact]
    public void The_parts_are_those_of_the_evaluator()
    {
        Tensor x = Clouds.Flat(80, 12, 1, 0.2f), y = Clouds.Flat(70, 12, 2, -0.2f);
        var split = GapSplit.Measure(x, y, BandwidthRule.Within(0.5), 3);
        var measures = Evaluator.Measure(x, y, BandwidthRule.Within(0.5), 3);
        Assert.Equal(measures.CsDivergenceOffDiagonal!.Value, split.Divergence, 1e-9);
        Assert.Equal(measures.Bandwidth, split.Bandwidth);
        Assert.Equal(measures.Frechet!.Value, split.FrechetMeans + split.FrechetCovariances, 1e-9);
    }

    [Fact]
    public void Pair_distances_are_of_the_right_rows()
    {
        Tensor images = Tensor.Normal(new RandomGenerator(1), 1, 30, 6), texts = Tensor.Normal(new RandomGenerator(2), 1, 30, 6);
        var distances = PairDistances.Of(images, texts, others: 29);
        double[] all =
            [.. Enumerable.Range(0, 30)
                .SelectMany(i => Enumerable.Range(0, 30).Where(j => j != i).Select(j => Distance(images, i, texts, j))).Order()];
        Assert.Equal(30, distances.Matched.Length);
        Assert.Equal(Distance(images, 7, texts, 7), distances.Matched[7], 1e-5);
        Assert.Equal(all.Length, distances.Others.Length);
        Assert.All(all.Zip(distances.Others.Order()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(30 * 29, distances.WithinImages.Length);
        Assert.DoesNotContain(distances.WithinTexts, d => d == 0);
        Assert.Equal(60, PairDistances.Of(images, texts, others: 2).Others.Length);
        Assert.Throws<InputException>(() => PairDistances.Of(images, new Tensor(4, 6)));
    }

    private static double Distance(Tensor x, int i, Tensor y, int j) =>
        Math.Sqrt(Enumerable.Range(0, x.Width).Sum(d => Math.Pow(x.Span[(i * x.Width) + d] - y.Span[(j * x.Width) + d], 2)));

    private static Tensor Normalised(ulong seed, float shift, float spread)
    {
        Tensor rows = Tensor.Normal(new RandomGenerator(seed), 0.3f, 400, 10);
        for (int i = 0; i < 400; i++)
        {
            rows.Span[i * 10] += shift * 2;
            for (int d = 1; d < 4; d++) rows.Span[(i * 10) + d] *= spread;
        }

        return Length(rows);
    }

    private static Tensor Centre(Tensor rows)
    {
        Tensor centred = rows.Clone();
        for (int d = 0; d < rows.Width; d++)
        {
            float mean = Enumerable.Range(0, rows.Rows).Average(i => rows.Span[(i * rows.Width) + d]);
            for (int i = 0; i < rows.Rows; i++) centred.Span[(i * rows.Width) + d] -= mean;
        }

        return Length(centred);
    }

    private static Tensor Length(Tensor rows)
    {
        using var tape = CsAligner.Tensors.Autograd.Tape.Inference();
        return CsAligner.Tensors.Ops.NormalizationOps.Normalize(tape, rows).Clone();
    }
}
