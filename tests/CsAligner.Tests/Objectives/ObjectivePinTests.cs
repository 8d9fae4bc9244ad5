using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tests.Objectives;

/// <summary>
/// The fused objective against its float64 definition on the same inputs: values to 2e-5, gradients to 1e-4 of their norm, for every SIMD
/// path, the same bits for one thread and two; shapes that leave remainders everywhere, and settings from one end to the other.
/// </summary>
[Collection("process settings")]
public sealed class ObjectivePinTests : IDisposable
{
    private static readonly int[] Tails = [1, 2, 3, 5, 7, 13, 31, 33, 127, 129, 1000, 1021];
    private readonly int _threads = Compute.Threads;
    private readonly SimdPath _path = Simd.Path;

    public static TheoryData<int, int, int> Shapes
    {
        get
        {
            // Each tail once as rows, columns and width, beside others; widths up to 129, for the definition is slow.
            var shapes = new TheoryData<int, int, int>();
            for (int i = 0; i < Tails.Length; i++) shapes.Add(Tails[i], Tails[(i + 5) % Tails.Length], Tails[(i + 3) % 10]);
            shapes.Add(1021, 1000, 13);
            shapes.Add(33, 31, 1000);
            shapes.Add(13, 7, 1021);
            return shapes;
        }
    }

    public static TheoryData<double, double> Settings
    {
        get
        {
            var settings = new TheoryData<double, double>();
            foreach (double sigma in new[] { 0.01, 0.03, 0.05, 0.1, 0.3, 1, 10, 100 }) settings.Add(sigma, 0.07);
            foreach (double tau in new[] { 0.005, 0.01, 0.05, 1, 10 }) settings.Add(0.4, tau);
            return settings;
        }
    }

    public void Dispose() => (Compute.Threads, Simd.Path, ScoreSweep.BlockColumns) = (_threads, _path, 0);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_is_the_definition_for_every_tail(int rows, int columns, int width)
    {
        double[,] x = Clouds.Unit(rows, width, 31, shift: 0.3), y = Clouds.Unit(columns, width, 32, shift: 0.3);
        ScoreSweep.BlockColumns = rows > 500 ? 0 : 96;
        int pairs = Math.Max(1, Math.Min(rows, columns) * 3 / 4);
        Pin(x, y, sigma: 0.6, tau: 0.07, pairs, offDiagonal: false);
        if (Math.Min(rows, columns) > 1) Pin(x, y, sigma: 0.6, tau: 0.07, pairs, offDiagonal: true);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void It_is_the_definition_for_any_bandwidth_and_temperature(double sigma, double tau)
    {
        double[,] x = Clouds.Unit(129, 33, 33, shift: 0.2), y = Clouds.Unit(127, 33, 34, shift: 0.4);
        Pin(x, y, sigma, tau, pairs: 101, offDiagonal: false);
        Pin(x, y, sigma, tau, pairs: 101, offDiagonal: true);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(100)]
    public void It_is_the_definition_in_a_tight_cone(double sigma)
    {
        foreach (double tau in new[] { 0.01, 1 }) Pin(Cone(127, 35), Cone(129, 36), sigma, tau, pairs: 127, offDiagonal: false);
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(1e3, 100)]
    [InlineData(1e4, 0.01)]
    [InlineData(1e4, 1)]
    [InlineData(1e4, 100)]
    [InlineData(1e4, 1e4)]
    public void It_is_the_definition_for_long_rows(double norm, double sigma)
    {
        double[,] x = Clouds.Normal(65, 17, 37, scale: norm / Math.Sqrt(17)), y = Clouds.Normal(71, 17, 38, scale: norm / Math.Sqrt(17));
        Pin(x, y, sigma, tau: 0.05, pairs: 60, offDiagonal: false);
        Pin(x, y, sigma, tau: 10, pairs: 60, offDiagonal: true);
    }

    [Fact]
    public void The_loss_of_a_good_model_keeps_its_digits()
    {
        // Pairs all but agree and others are far away: what is left of InfoNCE is what the wrong answers hold.
        double[,] x = Clouds.Unit(120, 24, 39), y = (double[,])x.Clone();
        for (int i = 0; i < 120; i++) y[i, 0] += 0.01f;
        for (int i = 0; i < 120; i++)
            for (int d = 0; d < 24; d++) y[i, d] = (float)y[i, d];
        Pin(x, y, sigma: 0.5, tau: 0.06, pairs: 120, offDiagonal: false, csWeight: 0);
        Pin(x, y, sigma: 0.5, tau: 0.04, pairs: 120, offDiagonal: false, csWeight: 0);
    }

    private static double[,] Cone(int rows, ulong seed)
    {
        double[,] points = Clouds.Normal(rows, 40, seed, scale: 0.01 / Math.Sqrt(40));
        double[,] direction = Clouds.Unit(1, 40, 99);
        for (int i = 0; i < rows; i++)
        {
            double squared = 0;
            for (int d = 0; d < 40; d++)
            {
                points[i, d] += direction[0, d];
                squared += points[i, d] * points[i, d];
            }
            for (int d = 0; d < 40; d++) points[i, d] = (float)(points[i, d] / Math.Sqrt(squared));
        }
        return points;
    }

    private void Pin(double[,] x, double[,] y, double sigma, double tau, int pairs, bool offDiagonal, double csWeight = 1)
    {
        const double Lambda = 0.3;
        var expected = NaiveObjective.CsAligner(x, y, sigma, csWeight, Lambda, 1 / tau, pairs, offDiagonal);
        var objective =
            new CsAlignerObjective
            {
                Bandwidth = sigma,
                CsWeight = csWeight,
                InfoNceWeight = Lambda,
                Temperature = tau,
                OffDiagonal = offDiagonal
            };
        foreach (SimdPath path in Enum.GetValues<SimdPath>().Where(Simd.IsAvailable))
        {
            Simd.Path = path;
            string what = $"{Simd.NameOf(path)}, sigma {sigma}, tau {tau}, off-diagonal {offDiagonal}";
            float[]? bits = null;
            foreach (int threads in new[] { 1, 2 })
            {
                Compute.Threads = threads;
                var (left, right) = (ObjectiveTests.Parameter(x), ObjectiveTests.Parameter(y));
                double value = ObjectiveTests.Run(objective, left, right, null, pairs).Value;
                float[] all = [(float)value, .. left.Grad, .. right.Grad];
                if (bits != null) Assert.Equal(bits, all);
                bits = all;
                Near.Relative(expected.Value, value, 2e-5, what);
                Near.Norm(expected.GradX.Cast<double>(), [.. left.Grad.ToArray().Select(g => (double)g)], 1e-4, what + ", x");
                Near.Norm(expected.GradY.Cast<double>(), [.. right.Grad.ToArray().Select(g => (double)g)], 1e-4, what + ", y");
            }
        }
    }
}
