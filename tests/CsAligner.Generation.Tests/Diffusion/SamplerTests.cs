using CsAligner.Generation.Diffusion;
using CsAligner.Tensors;

namespace CsAligner.Generation.Tests.Diffusion;

/// <summary>
/// Samplers on Gaussian data N(m, C), where the velocity is known: with independent coordinates of variance c, the mean of x given z is
/// m + t c (z - t m) / (t² c + (1 - t)²), and the path from z(0) ends at m + sqrt(c) z(0) exactly.
/// </summary>
public sealed class SamplerTests
{
    private const int Samples = 10_000;

    // In the coordinates of the eigenvectors; Rotation turns them into those of the data.
    private static readonly double[] Mean = [1.5, -0.5], Variances = [0.3, 2.2];
    private static readonly double Angle = 0.6;

    public static TheoryData<string> Names() => [.. new Samplers().Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Ten_thousand_samples_have_the_mean_and_the_covariance_of_the_data(string name)
    {
        var samples = Noise(Samples);
        new Samplers().Create(name).Run(samples, Velocity, 200);
        var (mean, covariance) = Moments(samples);
        var (trueMean, trueCovariance) = Truth();

        // Four standard errors of 10,000 samples; the sampler's own error is below one.
        for (int i = 0; i < 2; i++)
        {
            Assert.InRange(
                mean[i],
                trueMean[i] - (4 * Math.Sqrt(trueCovariance[i, i] / Samples)),
                trueMean[i] + (4 * Math.Sqrt(trueCovariance[i, i] / Samples)));
            for (int j = 0; j < 2; j++)
            {
                double error = 4
                    * Math.Sqrt(((trueCovariance[i, i] * trueCovariance[j, j]) + (trueCovariance[i, j] * trueCovariance[i, j])) / Samples);
                Assert.InRange(covariance[i, j], trueCovariance[i, j] - error, trueCovariance[i, j] + error);
            }
        }
    }

    [Theory]
    [InlineData("euler", 1)]
    [InlineData("heun", 2)]
    public void The_error_falls_with_the_method_s_order(string name, double order)
    {
        double coarse = Error(name, 40), fine = Error(name, 80);
        Assert.InRange(Math.Log2(coarse / fine), order - 0.15, order + 0.15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_velocity_is_never_asked_for_where_there_is_none(string name)
    {
        var sampler = new Samplers().Create(name);
        var times = new List<float>();
        int told = 0;
        sampler.Run(Noise(1), (_, t, v) => { times.Add(t); v.Span.Clear(); }, 7, () => told++);
        Assert.Equal(sampler.Evaluations(7), times.Count);
        Assert.Equal(times.Count, told);
        Assert.All(times, t => Assert.InRange(t, 0, 1 - 1e-6));
        Assert.Equal(0, times[0]);
    }

    [Fact]
    public void One_step_reaches_what_is_predicted()
    {
        // A velocity that leads to 3 from anywhere: the last step must leave no noise behind.
        foreach (string name in new Samplers().Names)
        {
            var samples = Noise(5);
            new Samplers().Create(name).Run(
                samples, (z, t, v) => RectifiedFlowPath.Velocity(Enumerable.Repeat(3f, z.Length).ToArray(), z.Span, t, v.Span), 50);
            Assert.All(samples.Span.ToArray(), value => Assert.Equal(3, value, 1e-4));
        }
    }

    [Fact]
    public void An_unknown_sampler_is_refused_with_the_known_ones()
        => Assert.Equal(
            "unknown sampler 'ddim'; expected euler or heun",
            Assert.Throws<InputException>(() => new Samplers().Create("ddim")).Message);

    [Fact]
    public void An_application_s_own_sampler_is_found_by_its_name()
    {
        var samplers = new Samplers();
        samplers.Register(() => new Still());
        var samples = Noise(2);
        float[] before = samples.Span.ToArray();
        samplers.Create("still").Run(samples, Velocity, 3);
        Assert.Equal(before, samples.Span.ToArray());
    }

    private static Tensor Noise(int samples) => Tensor.Normal(new RandomGenerator(7), 1, samples, 2);

    private static double Error(string name, int steps)
    {
        var samples = Noise(200);
        float[] noise = samples.Span.ToArray();
        new Samplers().Create(name).Run(samples, Velocity, steps);
        double sum = 0;
        for (int i = 0; i < 200; i++)
        {
            double[] start = Turn(noise[2 * i], noise[(2 * i) + 1], -Angle),
                end = Turn(samples.Span[2 * i], samples.Span[(2 * i) + 1], -Angle);
            for (int k = 0; k < 2; k++) sum += Math.Pow(end[k] - (Mean[k] + (Math.Sqrt(Variances[k]) * start[k])), 2);
        }

        return Math.Sqrt(sum);
    }

    private static void Velocity(Tensor samples, float time, Tensor velocity)
    {
        double t = time;
        for (int i = 0; i < samples.Shape[0]; i++)
        {
            double[] z = Turn(samples.Span[2 * i], samples.Span[(2 * i) + 1], -Angle), v = new double[2];
            for (int k = 0; k < 2; k++)
            {
                double expected = Mean[k] + (t * Variances[k] * (z[k] - (t * Mean[k])) / ((t * t * Variances[k]) + ((1 - t) * (1 - t))));
                v[k] = (expected - z[k]) / (1 - t);
            }

            double[] turned = Turn(v[0], v[1], Angle);
            (velocity.Span[2 * i], velocity.Span[(2 * i) + 1]) = ((float)turned[0], (float)turned[1]);
        }
    }

    private static double[] Turn(double x, double y, double angle) =>
        [(Math.Cos(angle) * x) - (Math.Sin(angle) * y), (Math.Sin(angle) * x) + (Math.Cos(angle) * y)];

    private static (double[] Mean, double[,] Covariance) Truth()
    {
        double[] first = Turn(1, 0, Angle), second = Turn(0, 1, Angle);
        var covariance = new double[2, 2];
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
                covariance[i, j] = (Variances[0] * first[i] * first[j]) + (Variances[1] * second[i] * second[j]);
        return (Turn(Mean[0], Mean[1], Angle), covariance);
    }

    private static (double[] Mean, double[,] Covariance) Moments(Tensor samples)
    {
        int count = samples.Shape[0];
        var mean = new double[2];
        var covariance = new double[2, 2];
        for (int i = 0; i < count; i++)
            for (int k = 0; k < 2; k++) mean[k] += samples.Span[(2 * i) + k] / (double)count;
        for (int i = 0; i < count; i++)
            for (int k = 0; k < 2; k++)
                for (int l = 0; l < 2; l++)
                    covariance[k, l] += (samples.Span[(2 * i) + k] - mean[k]) * (samples.Span[(2 * i) + l] - mean[l]) / (count - 1);
        return (mean, covariance);
    }

    private sealed class Still : Sampler
    {
        public override string Name => "still";

        public override int Evaluations(int steps) => 0;

        protected override void Begin(Tensor samples)
        {
        }

        protected override void Step(Tensor samples, VelocityField field, float from, float to)
        {
        }
    }
}
