using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>Linear layers of packed weights against the definition in float64, what follows the product included.</summary>
[Collection(ComputeSettings.Collection)]
public sealed unsafe class PackedProductTests : IDisposable
{
    // The i-th of k sums of products of standard normals is about sqrt(i) and rounded to 6e-8 of it: 4e-8 k in all, six times that.
    private const double Tolerance = 2.5e-7;

    private readonly int _threads = Compute.Threads;
    private readonly SimdPath _path = Simd.Path;

    public static TheoryData<string> Paths => ["portable", "avx2", "avx512"];

    public void Dispose()
    {
        Compute.Threads = _threads;
        Simd.Path = _path;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_remainder_and_finish_agrees_with_the_definition(string path)
    {
        Force(path, threads: 1);
        foreach (int rows in (int[])[1, 2, 5, 6, 7, 8, 9, 10, 11, 20, 50])
        {
            foreach (int outputs in (int[])[1, 3, 4, 8, 15, 16, 17, 31, 32, 33, 47, 48, 49, 96, 101])
            {
                foreach (int inputs in (int[])[1, 7, 8, 64])
                    foreach (var finish in Enum.GetValues<LinearEpilogueKind>()) Check(rows, outputs, inputs, finish);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Several_depth_blocks_are_added_before_the_finish(string path)
    {
        Force(path, threads: 2);
        foreach (int inputs in (int[])[1023, 1024, 1025, 2049, 3001])
            foreach (var finish in Enum.GetValues<LinearEpilogueKind>()) Check(19, 53, inputs, finish);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Any_number_of_threads_and_of_rows_gives_the_same_bits(string path)
    {
        foreach ((int rows, int outputs, int inputs) in (ReadOnlySpan<(int, int, int)>)[(97, 301, 103), (300, 200, 1700), (11, 1000, 600),
            (1000, 11, 600)])
        {
            Force(path, threads: 1);
            var expected = Run(rows, outputs, inputs, LinearEpilogueKind.QuickGelu, out _);
            for (int threads = 2; threads <= 3; threads++)
            {
                Compute.Threads = threads;
                Assert.Equal(expected.Span, Run(rows, outputs, inputs, LinearEpilogueKind.QuickGelu, out _).Span);
            }

            var seven = Run(7, outputs, inputs, LinearEpilogueKind.QuickGelu, out _);
            Assert.Equal(expected.Span[..(7 * outputs)], seven.Span[..(7 * outputs)]);
        }
    }

    [Fact]
    public void Nonlinearities_have_their_limits_at_both_ends()
    {
        // The weight 1 passes x through; 1e4 is far beyond where the exponential is a number.
        var weights = PackedWeights.Of(Tensor.From([1], 1, 1), 0, 1);
        float[] x = [-1e4f, -200, -60, -1e-30f, 0, 1e-30f, 60, 200, 1e4f];
        var (input, bias, y) = (Tensor.From(x, x.Length, 1), new Tensor(1), new Tensor(x.Length));
        foreach (var finish in (LinearEpilogueKind[])[LinearEpilogueKind.QuickGelu, LinearEpilogueKind.Gelu, LinearEpilogueKind.Relu])
        {
            PackedProduct.Run(input.Pointer, x.Length, weights, bias.Pointer, finish, null, y.Pointer);
            for (int i = 0; i < x.Length; i++) Assert.Equal(Finished(finish, x[i]), y.Span[i], 1e-6 * Math.Max(1, Math.Abs(x[i])));
        }
    }

    private static void Check(int rows, int outputs, int inputs, LinearEpilogueKind finish)
    {
        var y = Run(rows, outputs, inputs, finish, out var from);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < outputs; j++)
            {
                double sum = from.Bias.Span[j];
                for (int p = 0; p < inputs; p++) sum += (double)from.X.Span[(i * inputs) + p] * from.Weights.Span[(j * inputs) + p];
                double expected = finish == LinearEpilogueKind.AddResidual
                    ? sum + from.Residual.Span[(i * outputs) + j]
                    : Finished(finish, sum);
                double difference = Math.Abs(expected - y.Span[(i * outputs) + j]);
                Assert.True(difference < Tolerance * (4 + inputs),
                    $"{rows} x {outputs} x {inputs}, {finish}, row {i}, column {j}: expected {expected}, got {y.Span[(i * outputs) + j]}");
            }
        }

        // Nothing beyond the result is written.
        Assert.Equal(float.MinValue, y.Span[rows * outputs]);
    }

    private static Tensor Run(int rows, int outputs, int inputs, LinearEpilogueKind finish,
        out (Tensor X, Tensor Weights, Tensor Bias, Tensor Residual) from)
    {
        var (weights, bias) =
            (Tensor.Normal(new RandomGenerator(1), 1, outputs, inputs), Tensor.Normal(new RandomGenerator(2), 1, outputs));
        var (x, residual) =
            (Tensor.Normal(new RandomGenerator(3), 1, rows, inputs), Tensor.Normal(new RandomGenerator(4), 1, rows, outputs));
        var y = new Tensor((rows * outputs) + 1);
        y.Span[^1] = float.MinValue;
        PackedProduct.Run(x.Pointer, rows, PackedWeights.Of(weights, 0, outputs), bias.Pointer, finish, residual.Pointer, y.Pointer);
        from = (x, weights, bias, residual);
        return y;
    }

    private static double Finished(LinearEpilogueKind finish, double x) => finish switch
    {
        LinearEpilogueKind.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),
        LinearEpilogueKind.Relu => Math.Max(x, 0),
        LinearEpilogueKind.Gelu => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        _ => x,
    };

    // The error function by its series, and by its limit where the series has run out of digits.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static void Force(string path, int threads)
    {
        SimdPath named = Enum.GetValues<SimdPath>().Single(p => Simd.NameOf(p) == path);
        Assert.SkipUnless(Simd.IsAvailable(named), $"this processor has no {path}");
        (Simd.Path, Compute.Threads) = (named, threads);
    }
}
