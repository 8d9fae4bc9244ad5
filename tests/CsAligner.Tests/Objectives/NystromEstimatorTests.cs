using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Objectives;

namespace CsAligner.Tests.Objectives;

[Collection("process settings")]
public class NystromEstimatorTests
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(1.3)]
    public void Errors_are_as_large_as_the_standard_error_says(double sigma)
    {
        const int Seeds = 12;
        var (x, y) = Sets(3000, 2500);
        double exact = CauchySchwarzDivergence.Value(x, y, sigma), exactOff = CauchySchwarzDivergence.Value(x, y, sigma, offDiagonal: true);
        var estimator = new NystromEstimator { Features = 64 };
        double squares = 0, expected = 0;
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            var estimate = estimator.Estimate(x, y, sigma, seed);
            Assert.InRange(estimate.Value, exact - (5 * estimate.StandardError), exact + (5 * estimate.StandardError));
            Assert.Equal(exactOff - exact, estimate.OffDiagonal!.Value - estimate.Value, 0.02 * Math.Max(1, exactOff));
            squares += Math.Pow(estimate.Value - exact, 2);
            expected += Math.Pow(estimate.StandardError, 2);
        }

        // Twelve draws of a chi-squared of twelve: within these bounds but once in some thousands.
        Assert.InRange(squares / expected, 0.12, 2.9);
    }

    [Fact]
    public void Landmarks_make_the_error_many_times_smaller_than_the_sample_alone()
    {
        const int Seeds = 6;
        var (x, y) = Sets(4000, 4000);
        const double Sigma = 1;
        double exact = CauchySchwarzDivergence.Value(x, y, Sigma);
        var estimator = new NystromEstimator { Features = 128 };
        double ours = 0, sample = 0;
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            ours += Math.Pow(estimator.Estimate(x, y, Sigma, seed).Value - exact, 2);
            var random = new RandomGenerator(seed);
            sample += Math.Pow(CauchySchwarzDivergence.Value(Drawn(x), Drawn(y), Sigma, offDiagonal: true) - exact, 2);

            Tensor Drawn(Tensor rows) =>
                CsAligner.Evaluation.FeatureRows.Take(rows,
                    [.. Enumerable.Range(0, estimator.SampleRows).Select(_ => random.Next(rows.Rows))]);
        }

        Assert.True(Math.Sqrt(ours) < 0.25 * Math.Sqrt(sample), $"{Math.Sqrt(ours / Seeds):E2} against {Math.Sqrt(sample / Seeds):E2}");
    }

    [Fact]
    public void With_every_row_a_landmark_nothing_is_left_to_estimate()
    {
        var (x, y) = Sets(60, 50);
        var estimate = new NystromEstimator { Features = 128 }.Estimate(x, y, 0.8);
        Near.Relative(CauchySchwarzDivergence.Value(x, y, 0.8), estimate.Value, 1e-4);
        Assert.InRange(estimate.StandardError, 0, 1e-3);
    }

    [Fact]
    public void Repeated_rows_change_nothing()
    {
        var (x, y) = Sets(40, 30);
        Tensor repeated = CsAligner.Evaluation.FeatureRows.Take(x, [.. Enumerable.Range(0, 400).Select(i => i % 40)]);
        Near.Relative(CauchySchwarzDivergence.Value(x, y, 0.8),
            new NystromEstimator { Features = 512 }.Estimate(repeated, y, 0.8).Value, 1e-3);
    }

    [Fact]
    public void Rows_far_from_the_origin_are_centred_first()
    {
        var (x, y) = Sets(200, 150);
        foreach (var rows in new[] { x, y })
            foreach (ref float value in rows.Span) value += 64;
        Near.Relative(CauchySchwarzDivergence.Value(x, y, 0.8), new NystromEstimator { Features = 512 }.Estimate(x, y, 0.8).Value, 1e-3);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var (x, y) = Sets(1500, 1200);
        int threads = Compute.Threads;
        try
        {
            Compute.Threads = 1;
            var one = new NystromEstimator { Features = 48 }.Estimate(x, y, 0.5, 3);
            Compute.Threads = 2;
            Assert.Equal(one, new NystromEstimator { Features = 48 }.Estimate(x, y, 0.5, 3));
            Assert.NotEqual(one, new NystromEstimator { Features = 48 }.Estimate(x, y, 0.5, 4));
        }
        finally
        {
            Compute.Threads = threads;
        }
    }

    [Fact]
    public void What_cannot_be_estimated_is_said()
    {
        var (x, y) = Sets(300, 300);
        foreach (double sigma in (double[])[0.05, 0.001])
            Assert.Contains("use the exact estimator",
                Assert.Throws<InputException>(() => new NystromEstimator { Features = 32 }.Estimate(x, y, sigma)).Message,
                StringComparison.Ordinal);
        foreach (ref float value in y.Span) value += 50;
        Assert.Throws<InputException>(() => new NystromEstimator { Features = 32 }.Estimate(x, y, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NystromEstimator { Features = 8 }.Estimate(x, y, 0.5));
    }

    [Theory]
    [InlineData(1, 0, 0.5)]
    [InlineData(0.7, 0.4, 1.1)]
    public void Gradients_through_the_landmarks_are_those_of_differences(double csWeight, double infoNceWeight, double sigma)
    {
        // Landmarks are constant to the gradient: here they are the rows that are not moved.
        var (x, y) = Sets(37, 29);
        var objective = new CsAlignerObjective { CsWeight = csWeight, InfoNceWeight = infoNceWeight, Temperature = 0.2, Bandwidth = sigma };
        Tensor landmarks = NystromKernelMeans.Landmarks(x, y, 16, new RandomGenerator(1)), gradX = new(37, x.Width),
            gradY = new(29, x.Width);
        NystromKernelMeans.Projected(x, y, landmarks, sigma, csWeight, gradX, gradY);
        foreach (var (moved, gradient) in new[] { (x, gradX), (y, gradY) })
        {
            var random = new RandomGenerator(2);
            for (int trial = 0; trial < 12; trial++)
            {
                int at = random.Next(moved.Length);
                float value = moved.Span[at];
                const float Step = 0.02f;
                double difference = 0;

                // Four points: the error is of the fourth order of a step that float32 values need to be this long.
                foreach (var (offset, weight) in ((float, double)[])[(Step, 8), (-Step, -8), (2 * Step, -1), (-2 * Step, 1)])
                {
                    moved.Span[at] = value + offset;
                    difference += weight * csWeight * NystromKernelMeans.Projected(x, y, landmarks, sigma, 0, null, null) / (12 * Step);
                }

                moved.Span[at] = value;
                Assert.Equal(difference, gradient.Span[at], 2e-4 * System.Numerics.Tensors.TensorPrimitives.Norm<float>(gradient.Span));
            }
        }

        // The objective adds what InfoNCE alone gives to it.
        float[] Gradient(CsAlignerObjective what, Tensor? of)
        {
            using var tape = new CsAligner.Tensors.Autograd.Tape();
            (x.RequiresGrad, y.RequiresGrad) = (true, true);
            x.ZeroGrad();
            y.ZeroGrad();
            tape.Backward(what.Forward(tape, x, y).Loss);
            return of!.Grad.ToArray();
        }

        var estimating = objective with { Estimator = new NystromEstimator { Features = 16 }, EstimatorSeed = 1 };
        foreach (var (rows, gradient) in new[] { (x, gradX), (y, gradY) })
        {
            float[] contrast = infoNceWeight == 0 ? new float[rows.Length] : Gradient(objective with { CsWeight = 0 }, rows);
            Near.Norm(contrast.Zip(gradient.Span.ToArray(), (a, b) => (double)a + b),
                Gradient(estimating, rows).Select(g => (double)g), 1e-5);
        }
    }

    [Fact]
    public void With_every_row_a_landmark_the_gradient_is_that_of_all_pairs()
    {
        var (x, y) = Sets(30, 25);
        Tensor gradX = new(30, x.Width), gradY = new(25, x.Width);
        double value = NystromKernelMeans.Projected(x, y, NystromKernelMeans.Landmarks(x, y, 128, new RandomGenerator(0)), 0.6, 1, gradX,
            gradY);
        Near.Relative(CauchySchwarzDivergence.Value(x, y, 0.6), value, 1e-4);
        using var tape = new CsAligner.Tensors.Autograd.Tape();
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        tape.Backward(tape.CauchySchwarz(x, y, 0.6));
        Near.Norm(x.Grad.ToArray().Select(g => (double)g), gradX.Span.ToArray().Select(g => (double)g), 2e-2);
        Near.Norm(y.Grad.ToArray().Select(g => (double)g), gradY.Span.ToArray().Select(g => (double)g), 2e-2);
    }

    // A gap between two clouds that are wider in some directions than in others, on the sphere: as encoders make them.
    private static (Tensor X, Tensor Y) Sets(int rows, int columns) => (Clouds.Flat(rows, 24, 1, 0.4f), Clouds.Flat(columns, 24, 2, -0.1f));
}
