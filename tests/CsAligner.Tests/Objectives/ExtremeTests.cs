using System.Globalization;
using System.Text.RegularExpressions;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tests.Evaluation;

namespace CsAligner.Tests.Objectives;

/// <summary>Numbers beyond what float32 carries: the right value, or a line that says what can be computed, which then can.</summary>
public sealed partial class ExtremeTests
{
    private const double Tolerance = 2e-5;

    // Of gradients that float32 holds; what is smaller is 0, and right.
    private const double LeastSingle = 1e-44;

    // Below the normal numbers float64 has fewer digits.
    private const double LeastDouble = 1e-317;

    private static readonly double[] Powers = [.. Enumerable.Range(-30, 61).Select(power => Math.Pow(10, 10 * power))];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, ExtremeCase.All.Count)];

    private static double[,] X { get; } = Clouds.Unit(14, 6, seed: 1);

    private static double[,] Y { get; } = Clouds.Unit(11, 6, seed: 2, shift: 0.4);

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Measures_are_those_of_700_digits(int number)
    {
        var one = ExtremeCase.All[number];
        Tensor x = one.TensorX, y = one.TensorY;
        Close(one.CauchySchwarz, CauchySchwarzDivergence.Value(x, y, one.Sigma), $"{one}: D_CS");
        Close(one.OffDiagonal, CauchySchwarzDivergence.Value(x, y, one.Sigma, offDiagonal: true), $"{one}: off-diagonal");
        Check(Evaluator.Measure(x, y, BandwidthRule.Fixed(one.Sigma)), "measure");
        Check(Streamed(x, y, BandwidthRule.Fixed(one.Sigma)), "streamed");

        void Check(DistributionMeasures measures, string how)
        {
            Close(one.CauchySchwarz, measures.CsDivergence, $"{one}: {how}, D_CS");
            Close(one.OffDiagonal, measures.CsDivergenceOffDiagonal!.Value, $"{one}: {how}, off-diagonal");
            Close(one.MaximumMeanDiscrepancy, measures.Mmd, $"{one}: {how}, MMD");
            Close(one.Uniformity, measures.UniformityX!.Value, $"{one}: {how}, uniformity");
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Gradients_are_those_of_700_digits_or_refused(int number)
    {
        var one = ExtremeCase.All[number];
        Check(one.CauchySchwarz, one.GradX, (tape, x, y) => tape.CauchySchwarz(x, y, one.Sigma), "one bandwidth");
        Check(one.OffDiagonal, one.GradXOff, (tape, x, y) => tape.CauchySchwarz(x, y, one.Sigma, offDiagonal: true), "off-diagonal");
        Check(one.CauchySchwarz, one.GradX, (tape, x, y) => tape.CauchySchwarz(x, y, one.Sigma, [1.0]), "of several");
        Check(one.CauchySchwarz, one.GradX, (tape, x, y) => tape.TokenCauchySchwarz(x, Mask(x), y, Mask(y), one.Sigma), "tokens");

        // One sample of tokens.
        static Tensor Cube(Tensor rows)
        {
            var cube = Tensor.From(rows.Span, 1, rows.Rows, rows.Width);
            cube.RequiresGrad = true;
            return cube;
        }

        static bool[,] Mask(Tensor rows)
        {
            var mask = new bool[1, rows.Shape[1]];
            for (int i = 0; i < rows.Shape[1]; i++) mask[0, i] = true;
            return mask;
        }

        void Check(double value, double[] gradient, Func<Tape, Tensor, Tensor, Tensor> loss, string how)
        {
            Tensor x = how == "tokens" ? Cube(one.TensorX) : one.TensorX, y = how == "tokens" ? Cube(one.TensorY) : one.TensorY;
            using var tape = new Tape();
            Tensor result;
            try
            {
                result = loss(tape, x, y);
            }
            catch (InputException refused)
            {
                // A bound is not reached: but nothing is refused that float32 carries by far.
                double most = Math.Max(Math.Abs(value), gradient.Max(Math.Abs));
                Assert.True(most > float.MaxValue / 1e4, $"{one}: {how} was refused, {refused.Message}");
                Assert.Matches("give [0-9.E+-]+ or more$", refused.Message);
                return;
            }

            Close(value, result.Item, $"{one}: {how}", LeastSingle);
            tape.Backward(result);
            double norm = Math.Sqrt(gradient.Sum(v => v * v)),
                off = Math.Sqrt(gradient.Zip(x.Grad.ToArray(), (a, b) => (a - b) * (a - b)).Sum());

            // Where the means agree, rounding of the rows themselves is left.
            double floor = LeastSingle + (1e-16 * one.X.Cast<double>().Max(Math.Abs) / one.Sigma / one.Sigma);
            Assert.True(off <= Math.Max(1e-4 * norm, floor), $"{one}: {how}: gradient off by {off:E2}, its norm is {norm:E2}");
        }
    }

    // Every power of ten: no NaN, no step where one way of computing hands over to the next, the limits at both ends.
    [Fact]
    public void The_divergence_falls_with_the_bandwidth_from_limit_to_limit()
    {
        Tensor x = ExtremeCase.Parameter(X), y = ExtremeCase.Parameter(Y);
        double before = double.PositiveInfinity;
        for (double exponent = -300; exponent <= 300; exponent += 0.25)
        {
            double sigma = Math.Pow(10, exponent), value;
            try
            {
                value = CauchySchwarzDivergence.Value(x, y, sigma);
            }
            catch (InputException refused)
            {
                Assert.True(exponent < -139, refused.Message);
                continue;
            }

            Assert.True(double.IsFinite(value) && value >= 0, $"sigma {sigma:E2}: {value}");
            Assert.True(value <= before * (1 + 1e-6), $"sigma {sigma:E2}: {value:R} after {before:R}");
            before = value;
        }

        double gap = Math.Pow(Evaluator.Measure(x, y, BandwidthRule.Fixed(1)).CentroidGap, 2);
        foreach (double sigma in (double[])[1e5, 1e16, 1e100])
            Close(gap / sigma / sigma, CauchySchwarzDivergence.Value(x, y, sigma), $"sigma {sigma:E0}");
    }

    [Fact]
    public void The_least_bandwidth_that_a_refusal_names_will_do_and_less_will_not()
    {
        Tensor x = ExtremeCase.Parameter(X), y = ExtremeCase.Parameter(Y);
        Func<double, double>[] ways =
        [
            sigma => CauchySchwarzDivergence.Value(x, y, sigma),
            sigma => Evaluator.Measure(x, y, BandwidthRule.Fixed(sigma)).CsDivergence,
            sigma => Streamed(x, y, BandwidthRule.Fixed(sigma)).CsDivergence,
            sigma => Trained(tape => tape.CauchySchwarz(x, y, sigma)),
            sigma => Trained(tape => tape.CauchySchwarz(x, y, sigma, [1.0, 2.0])),
            sigma => Trained(tape => tape.MaximumMeanDiscrepancy(x, y, sigma)),
            sigma => Trained(tape => new CsAlignerObjective { Bandwidth = sigma, CsWeight = 1000 }.Forward(tape, x, y).Loss),
            sigma => Trained(tape => tape.SinkhornDivergence(x, y, sigma)),
        ];
        foreach (var way in ways)
        {
            double least =
                double.Parse(Named().Match(Assert.Throws<InputException>(() => way(1e-200)).Message).Groups[1].Value,
                    CultureInfo.InvariantCulture);
            Assert.True(double.IsFinite(way(least)), $"{least:E3}");
            Assert.Throws<InputException>(() => way(0.9 * least));
        }

        double Trained(Func<Tape, Tensor> loss)
        {
            using var tape = new Tape();
            var result = loss(tape);
            tape.Backward(result);
            Assert.All(x.Grad.ToArray().Concat(y.Grad.ToArray()), v => Assert.True(float.IsFinite(v)));
            double value = result.Item;
            (x, y) = (ExtremeCase.Parameter(X), ExtremeCase.Parameter(Y));
            return value;
        }
    }

    [Fact]
    public void Mean_kernels_lose_no_digits_in_the_bandwidth_and_no_row_pulls_itself()
    {
        foreach (double sigma in Powers.Where(s => s > 1e-38))
        {
            var expected = sigma > 1e4 ? null : NaiveBaselines.MaximumMeanDiscrepancy(X, Y, [sigma]);
            Tensor x = ExtremeCase.Parameter(X), y = ExtremeCase.Parameter(Y);
            using var tape = new Tape();
            var loss = tape.MaximumMeanDiscrepancy(x, y, sigma);
            tape.Backward(loss);
            Assert.All(x.Grad.ToArray(), v => Assert.True(float.IsFinite(v)));
            if (expected == null) continue;
            Close(expected.Value, loss.Item, $"sigma {sigma:E0}");
            Near.Norm(expected.GradX.Cast<double>(), x.Grad.ToArray().Select(v => (double)v), 1e-4, $"sigma {sigma:E0}");
        }
    }

    [Fact]
    public void InfoNce_goes_to_its_limits_with_the_temperature()
    {
        double[,] y = Clouds.Unit(14, 6, seed: 3);
        double[,] same = new double[14, 6];
        for (int i = 0; i < 14; i++) same[i, 2] = 1;
        foreach (double temperature in Powers)
        {
            foreach (var (a, b) in new[] { (X, y), (same, same) })
            {
                Tensor x = ExtremeCase.Parameter(a), other = ExtremeCase.Parameter(b);
                double expected = NaiveObjective.InfoNce(a, b, 1 / temperature).Value;
                if (a == same) Assert.Equal(Math.Log(14), expected, 1e-12);
                Close(Math.Log(14) - expected,
                    Evaluator.Evaluate(x, other, BandwidthRule.Fixed(1), temperature: temperature).MutualInformationLowerBound,
                    $"tau {temperature:E0}", 1e-6);
                using var tape = new Tape();
                try
                {
                    var loss = new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 1, Temperature = temperature }.Forward(tape, x,
                        other).Loss;
                    Close(expected, loss.Item, $"tau {temperature:E0}", 1e-6);
                    tape.Backward(loss);
                    Assert.All(x.Grad.ToArray(), v => Assert.True(float.IsFinite(v)));
                }
                catch (InputException refused)
                {
                    Assert.True(temperature < 1e-36, refused.Message);
                    Assert.Contains("temperature: ", refused.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void SigLip_is_right_or_refused_at_every_scale_and_bias()
    {
        double[,] y = Clouds.Unit(14, 6, seed: 3);
        foreach (double exponent in Enumerable.Range(-37, 75))
        {
            double scale = Math.Exp((float)(exponent * Math.Log(10)));
            foreach (double bias in (double[])[-1e4, 0, 10, 1e5, 1e30])
            {
                Tensor a = ExtremeCase.Parameter(X), b = ExtremeCase.Parameter(y);
                using var tape = new Tape();
                try
                {
                    var loss = tape.SigLipLoss(a, b, Tensor.From([(float)Math.Log(scale)], 1), SigLip.LogitBias(bias));
                    var expected = NaiveBaselines.SigLip(X, y, scale, (float)bias, 14);
                    Near.Relative(expected.Value, loss.Item, 1e-4, $"scale {scale:E0}, bias {bias}");
                    tape.Backward(loss);
                    double[] actual = [.. a.Grad.ToArray().Select(v => (double)v)];
                    double norm = Math.Sqrt(expected.GradX.Cast<double>().Sum(v => v * v));
                    Assert.True(norm < LeastSingle || actual.All(double.IsFinite), $"scale {scale:E0}, bias {bias}");
                    if (norm > 1e-36) Near.Norm(expected.GradX.Cast<double>(), actual, 1e-2, $"scale {scale:E0}, bias {bias}");
                }
                catch (InputException refused)
                {
                    Assert.True(scale is < 1.1e-24 or > 0.9e5 || bias > 1e5, refused.Message);
                }
            }
        }
    }

    [Fact]
    public void Sinkhorn_goes_to_half_the_squared_distance_of_the_means_with_the_blur()
    {
        Tensor x = ExtremeCase.Parameter(X), y = ExtremeCase.Parameter(Y);
        double half = 0.5 * Math.Pow(Evaluator.Measure(x, y, BandwidthRule.Fixed(1)).CentroidGap, 2);
        foreach (double blur in (double[])[0.05, 1, 10, 25, 29, 31, 35, 60, 300])
        {
            var expected = NaiveSinkhorn.Divergence(X, Y, blur, 0.5);
            Tensor a = ExtremeCase.Parameter(X), b = ExtremeCase.Parameter(Y);
            using var tape = new Tape();
            var loss = tape.SinkhornDivergence(a, b, blur);
            tape.Backward(loss);
            Near.Relative(expected.Value, loss.Item, 1e-3, $"blur {blur}");
            Near.Norm(expected.GradX.Cast<double>(), a.Grad.ToArray().Select(v => (double)v), 1e-3, $"blur {blur}");
            Near.Norm(expected.GradY.Cast<double>(), b.Grad.ToArray().Select(v => (double)v), 1e-3, $"blur {blur}");
        }

        foreach (double blur in Powers.Where(p => p > 1))
        {
            using var tape = Tape.Inference();
            Near.Relative(half, tape.SinkhornDivergence(x, y, blur).Item, 1e-6, $"blur {blur:E0}");
        }
    }

    [Fact]
    public void An_estimate_refuses_what_drowns_in_float32()
    {
        Tensor x = ExtremeCase.Parameter(Clouds.Unit(60, 6, 1)), y = ExtremeCase.Parameter(Clouds.Unit(50, 6, 2, shift: 0.4));
        var estimator = new NystromEstimator { Features = 32 };
        foreach (double sigma in Powers)
        {
            if (sigma == 1) continue;
            string message = Assert.Throws<InputException>(() => estimator.Estimate(x, y, sigma)).Message;
            Assert.Contains("use the exact estimator", message, StringComparison.Ordinal);
            Assert.Throws<InputException>(() =>
            {
                using var tape = new Tape();
                new CsAlignerObjective { Bandwidth = sigma, Estimator = estimator }.Forward(tape, x, y);
            });
        }

        double most =
            double.Parse(Most().Match(Assert.Throws<InputException>(() => estimator.Estimate(x, y, 1e9)).Message).Groups[1].Value,
                CultureInfo.InvariantCulture);
        Near.Relative(CauchySchwarzDivergence.Value(x, y, most), estimator.Estimate(x, y, most).Value, 0.02);
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e15)]
    [InlineData(1e-15)]
    [InlineData(1e-30)]
    [InlineData(1e-38)]
    public void What_has_no_unit_does_not_change_with_the_rows_unit(double unit)
    {
        float scale = (float)unit;
        Tensor x = ExtremeCase.Parameter(X), y = ExtremeCase.Parameter(Y), farX = ExtremeCase.Parameter(X), farY = ExtremeCase.Parameter(Y);
        for (int i = 0; i < x.Length; i++) farX.Span[i] *= scale;
        for (int i = 0; i < y.Length; i++) farY.Span[i] *= scale;
        foreach (string rule in (string[])["median", "within*0.35"])
        {
            var bandwidth = BandwidthRule.Parse(rule);
            DistributionMeasures near = Evaluator.Measure(x, y, bandwidth), far = Evaluator.Measure(farX, farY, bandwidth);
            Close(near.Bandwidth * scale, far.Bandwidth, "bandwidth");
            Close(near.CsDivergence, far.CsDivergence, "D_CS");
            Close(near.CsDivergenceOffDiagonal!.Value, far.CsDivergenceOffDiagonal!.Value, "off-diagonal", 1e-6);
            Close(near.Mmd, far.Mmd, "MMD", 1e-8);
            Close(near.Frechet!.Value * scale * scale, far.Frechet!.Value, "Frechet");
            Close(near.CentroidGap * scale, far.CentroidGap, "gap");
            DistributionMeasures streamed = Streamed(farX, farY, bandwidth);
            Close(far.CsDivergence, streamed.CsDivergence, "streamed D_CS");
            Close(far.Frechet!.Value, streamed.Frechet!.Value, "streamed Frechet");
        }

        Close(1, Evaluator.Measure(farX, farX, BandwidthRule.Fixed(unit)).MeanCosinePairs!.Value, "cosine");
    }

    [Fact]
    public void Losses_of_rows_beyond_float32_are_refused()
    {
        double[,] far = Clouds.Unit(9, 5, 1);
        for (int i = 0; i < 9; i++)
            for (int d = 0; d < 5; d++) far[i, d] *= 1e30f;
        double[,] other = Clouds.Unit(9, 5, 2), farther = (double[,])other.Clone();
        for (int i = 0; i < 9; i++)
            for (int d = 0; d < 5; d++) farther[i, d] *= 1e30f;
        Func<Tape, Tensor, Tensor, Tensor>[] losses =
        [
            (tape, x, y) => tape.SquaredDistanceLoss(x, y),
            (tape, x, y) => tape.Coral(x, y),
            (tape, x, y) => tape.GaussianKl(x, y),
            (tape, x, y) => tape.SinkhornDivergence(x, y),
            (tape, x, y) => tape.SigLipLoss(x, y, SigLip.LogitScale(), SigLip.LogitBias()),
            (tape, x, y) => tape.CauchySchwarz(x, y, 1),
            (tape, x, y) => tape.InfoNceLoss(x, y, InfoNce.LogitScale(0.05)),
        ];
        foreach (var loss in losses)
        {
            using var tape = new Tape();
            Assert.Throws<InputException>(() => loss(tape, ExtremeCase.Parameter(far), ExtremeCase.Parameter(farther)));
        }

        using var last = new Tape();
        Assert.True(float.IsFinite(last.CosineLoss(ExtremeCase.Parameter(far), ExtremeCase.Parameter(other)).Item));
    }

    [Fact]
    public void Rows_that_are_mostly_the_same_have_no_median()
    {
        double[,] rows = Clouds.Normal(40, 7, 3, shift: 100);
        for (int i = 0; i < 36; i++)
            for (int d = 0; d < 7; d++) rows[i, d] = rows[0, d];
        Tensor x = ExtremeCase.Parameter(rows);
        Assert.Contains("most rows are equal", Assert.Throws<InputException>(() => BandwidthRule.Median.Resolve(x, x)).Message,
            StringComparison.Ordinal);
        Assert.Contains("most rows are equal", Assert.Throws<InputException>(() => BandwidthRule.Within(0.35).Resolve(x, x)).Message,
            StringComparison.Ordinal);
    }

    private static DistributionMeasures Streamed(Tensor x, Tensor y, BandwidthRule bandwidth) =>
        StreamingEvaluator.Measure(new TensorRows(x), new TensorRows(y), bandwidth, cancellation: TestContext.Current.CancellationToken);

    [GeneratedRegex("give ([0-9.E+-]+) or more")]
    private static partial Regex Named();

    [GeneratedRegex("a bandwidth of ([0-9.E+-]+) or less")]
    private static partial Regex Most();

    private static void Close(double expected, double actual, string what, double floor = LeastDouble) =>
        Assert.True(Math.Abs(actual - expected) <= Math.Max(Tolerance * Math.Abs(expected), floor),
            $"{what}: expected {expected:R}, got {actual:R}");
}
