using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tests.Objectives;

[Collection("process settings")]
public sealed class ObjectiveTests : IDisposable
{
    private static readonly GoldenFile Golden = new("objective.safetensors");
    private readonly long _budget = Float32Terms.ScoreBudget;
    private readonly int _threads = Compute.Threads;

    public ObjectiveTests() => BufferPool.PoisonReturned = true;

    public static TheoryData<string> GoldenCases
    {
        get
        {
            var cases = new TheoryData<string>();
            foreach (string name in Golden.Cases.Where(c => !c.StartsWith("token", StringComparison.Ordinal))) cases.Add(name);
            return cases;
        }
    }

    public void Dispose()
    {
        (ScoreSweep.BlockColumns, Float32Terms.ScoreBudget, Compute.Threads, BufferPool.PoisonReturned) = (0, _budget, _threads, false);
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public void Float32_values_and_gradients_are_the_golden_ones(string name)
    {
        var x = Parameter(Golden.Matrix(name + ".x"));
        var y = Parameter(Golden.Matrix(name + ".y"));
        bool infoNce = !name.StartsWith("cs", StringComparison.Ordinal);
        var objective = new CsAlignerObjective
        {
            Bandwidth = GoldenFile.Parameter(name, "sigma", 1),
            CsWeight = name.StartsWith("infonce", StringComparison.Ordinal) ? 0 : 1,
            InfoNceWeight = infoNce ? GoldenFile.Parameter(name, "lambda", 1) : 0,
            Temperature = GoldenFile.Parameter(name, "tau", 1),
            OffDiagonal = name.Contains("offdiagonal", StringComparison.Ordinal),
        };
        int pairs = (int)GoldenFile.Parameter(name, "pairs", Math.Min(x.Rows, y.Rows));
        double value = Run(objective, x, y, null, pairs).Value;
        Near.Relative(Golden.Value(name + ".value"), value, 2e-5, name);
        Near.Norm(Golden.Values(name + ".grad_x"), Doubles(x.Grad), 1e-4, name);
        Near.Norm(Golden.Values(name + ".grad_y"), Doubles(y.Grad), 1e-4, name);
    }

    [Fact]
    public void Token_level_is_the_golden_one()
    {
        const string Name = "token.sigma=0.8";
        var x = Parameter(Golden.Floats(Name + ".x"), Golden.Shape(Name + ".x"));
        var y = Parameter(Golden.Floats(Name + ".y"), Golden.Shape(Name + ".y"));
        using var tape = new Tape();
        var loss = tape.TokenCauchySchwarz(x, Golden.Mask(Name + ".mask_x"), y, Golden.Mask(Name + ".mask_y"), 0.8);
        Near.Relative(Golden.Value(Name + ".value"), loss.Item, 2e-5);
        tape.Backward(loss);
        Near.Norm(Golden.Values(Name + ".grad_x"), Doubles(x.Grad), 1e-4);
        Near.Norm(Golden.Values(Name + ".grad_y"), Doubles(y.Grad), 1e-4);
    }

    // Bandwidths on both sides of each switch of precision; shapes that fill no tile and no vector evenly.
    [Theory]
    [InlineData(70, 45, 33, 0.5, 0)]
    [InlineData(70, 45, 33, 0.05, 0)]
    [InlineData(70, 45, 33, 0.02, 0)]
    [InlineData(41, 67, 8, 0.4, 3)]
    [InlineData(41, 67, 8, 0.1, 300)]
    [InlineData(1, 9, 5, 0.7, 0)]
    [InlineData(130, 130, 16, 0.3, 0)]
    [InlineData(260, 201, 50, 0.4, 0)]
    public void It_agrees_with_the_definition(int rows, int columns, int width, double sigma, double shift)
    {
        double[,] pointsX = Clouds.Unit(rows, width, 3), pointsY = Clouds.Unit(columns, width, 4, shift: 0.2);
        for (int i = 0; i < rows; i++) pointsX[i, 0] += (float)shift;
        for (int i = 0; i < columns; i++) pointsY[i, 0] += (float)shift;
        (pointsX, pointsY) = (Rounded(pointsX), Rounded(pointsY));
        int pairs = Math.Min(rows, columns) * 2 / 3;
        double weight = shift == 0 ? 0.3 : 0;
        // One block of columns; several, with all scores kept, with some, and with none.
        foreach (var (block, budget) in new[] { (0, _budget), (48, _budget), (48, 48 * 144L), (48, 0) })
        {
            (ScoreSweep.BlockColumns, Float32Terms.ScoreBudget) = (block, budget);
            foreach (bool offDiagonal in new[] { false, rows > 1 })
            {
                var expected = NaiveObjective.CsAligner(pointsX, pointsY, sigma, 0.7, weight, 1 / 0.05, pairs, offDiagonal);
                var (x, y) = (Parameter(pointsX), Parameter(pointsY));
                var objective =
                    new CsAlignerObjective
                    {
                        Bandwidth = sigma,
                        CsWeight = 0.7,
                        InfoNceWeight = weight,
                        Temperature = 0.05,
                        OffDiagonal = offDiagonal
                    };
                double value = Run(objective, x, y, null, pairs).Value;
                string what = $"blocks of {block}, budget {budget}, off-diagonal {offDiagonal}";
                Near.Relative(expected.Value, value, 2e-5, what);
                Near.Norm(expected.GradX.Cast<double>(), Doubles(x.Grad), 1e-4, what);
                Near.Norm(expected.GradY.Cast<double>(), Doubles(y.Grad), 1e-4, what);
            }
        }
    }

    [Theory]
    [InlineData(0.07, false)]
    [InlineData(0.07, true)]
    [InlineData(0.01, false)]
    public void The_logit_scale_has_its_gradient(double temperature, bool alone)
    {
        double[,] pointsX = Clouds.Unit(20, 12, 5), pointsY = Clouds.Unit(26, 12, 6);
        var logitScale = InfoNce.LogitScale(temperature);
        logitScale.RequiresGrad = true;
        double scale = Math.Exp(logitScale.Span[0]);
        var expected = NaiveObjective.CsAligner(pointsX, pointsY, 0.6, 1, 0.4, scale, 15);
        var (x, y) = (Parameter(pointsX), Parameter(pointsY));
        (x.RequiresGrad, y.RequiresGrad) = (!alone, !alone);
        Run(new CsAlignerObjective { Bandwidth = 0.6, InfoNceWeight = 0.4 }, x, y, logitScale, 15);
        Near.Relative(expected.GradLogitScale * scale, logitScale.Grad[0], 1e-4);
        Assert.Equal(!alone, x.HasGrad);
    }

    [Fact]
    public void At_its_limit_the_logit_scale_can_only_come_back()
    {
        double[,] same = Clouds.Unit(10, 6, 7), other = Clouds.Unit(10, 6, 8);
        var logitScale = Tensor.From([6f], 1);
        logitScale.RequiresGrad = true;
        double value =
            Run(new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 1 }, Parameter(same), Parameter(same), logitScale, 10).Value;
        Assert.Equal(NaiveObjective.InfoNce(same, same, 100).Value, value, 1e-6);
        Assert.Equal(0, logitScale.Grad[0]);
        Run(new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 1 }, Parameter(same), Parameter(other), logitScale, 10);
        Assert.True(logitScale.Grad[0] > 0);
        InfoNce.Clamp(logitScale);
        Assert.Equal(100, Math.Exp(logitScale.Span[0]), 1e-4);
    }

    [Fact]
    public void Upstream_gradients_scale_and_add()
    {
        double[,] pointsX = Clouds.Unit(9, 5, 9), pointsY = Clouds.Unit(11, 5, 10);
        var expected = NaiveObjective.CauchySchwarz(pointsX, pointsY, 0.5);
        var (x, y) = (Parameter(pointsX), Parameter(pointsY));
        using var tape = new Tape();
        var first = tape.CauchySchwarz(x, y, 0.5);
        var second = tape.CauchySchwarz(x, y, 0.5);
        tape.Backward(Tensors.Ops.ElementwiseOps.Add(tape, Tensors.Ops.ElementwiseOps.Scale(tape, first, 3), second));
        Near.Norm(expected.GradX.Cast<double>().Select(g => 4 * g), Doubles(x.Grad), 1e-4);
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        ScoreSweep.BlockColumns = 144;
        float[]? first = null;
        foreach (double sigma in new[] { 0.4, 0.01 })
        {
            first = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                Compute.Threads = threads;
                var (x, y) = (Parameter(Clouds.Unit(300, 40, 11)), Parameter(Clouds.Unit(333, 40, 12)));
                double value = Run(new CsAlignerObjective { Bandwidth = sigma, InfoNceWeight = 0.5 }, x, y, null, 250).Value;
                float[] bits = [(float)value, .. x.Grad, .. y.Grad];
                first ??= bits;
                Assert.Equal(first, bits);
            }
        }
    }

    [Theory]
    [InlineData(0.01, 0)]
    [InlineData(0.01, 1000)]
    [InlineData(1e-4, 30)]
    [InlineData(50, 0)]
    public void Far_clouds_and_tiny_bandwidths_give_finite_numbers(double sigma, double shift)
    {
        foreach (bool offDiagonal in new[] { false, true })
        {
            var (x, y) = (Parameter(Clouds.Normal(40, 6, 13)), Parameter(Clouds.Normal(30, 6, 14, shift)));
            var objective = new CsAlignerObjective { Bandwidth = sigma, InfoNceWeight = 0, OffDiagonal = offDiagonal };
            Assert.True(double.IsFinite(Run(objective, x, y, null, 0).Value));
            Assert.All(Doubles(x.Grad).Concat(Doubles(y.Grad)), g => Assert.True(double.IsFinite(g)));
            Assert.Contains(Doubles(x.Grad), g => g != 0);
        }
    }

    [Fact]
    public void An_inference_tape_gives_the_value_alone()
    {
        var (x, y) = (Parameter(Clouds.Unit(20, 8, 1)), Parameter(Clouds.Unit(20, 8, 2)));
        using var tape = Tape.Inference();
        var result = new CsAlignerObjective { Bandwidth = 0.5 }.Forward(tape, x, y);
        Assert.False(result.Loss.RequiresGrad);
        Assert.Equal(CauchySchwarzDivergence.Value(x, y, 0.5), result.CauchySchwarz, 1e-6);
    }

    [Fact]
    public void Wrong_shapes_and_settings_are_named()
    {
        using var tape = new Tape();
        Tensor four = new(2, 4), three = new(2, 3), one = new(1, 4);
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => tape.CauchySchwarz(four, three, 1)).Message,
            StringComparison.Ordinal);
        Assert.Contains("at least 2", Assert.Throws<ArgumentException>(() => tape.CauchySchwarz(one, one, 1, offDiagonal: true)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.CauchySchwarz(four, four, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.CauchySchwarz(four, four, double.NaN));
        Assert.Throws<ArgumentException>(() => tape.InfoNceLoss(four, one, InfoNce.LogitScale(0.07)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CsAlignerObjective().Forward(tape, four, four, null, 3));
    }

    internal static (double Value, ObjectiveResult Result) Run(CsAlignerObjective objective, Tensor x, Tensor y,
        Tensor? logitScale, int pairs)
    {
        using var tape = new Tape();
        var result = objective.Forward(tape, x, y, logitScale, pairs);
        double value = result.Loss.Item;
        tape.Backward(result.Loss);
        return (value, result);
    }

    internal static Tensor Parameter(double[,] points) =>
        Parameter([.. points.Cast<double>().Select(v => (float)v)], points.GetLength(0), points.GetLength(1));

    private static Tensor Parameter(float[] values, params int[] shape)
    {
        var tensor = Tensor.From(values, shape);
        tensor.RequiresGrad = true;
        return tensor;
    }

    private static double[,] Rounded(double[,] points)
    {
        for (int i = 0; i < points.GetLength(0); i++)
            for (int d = 0; d < points.GetLength(1); d++) points[i, d] = (float)points[i, d];
        return points;
    }

    private static double[] Doubles(Span<float> values)
    {
        var doubles = new double[values.Length];
        for (int i = 0; i < doubles.Length; i++) doubles[i] = values[i];
        return doubles;
    }
}
