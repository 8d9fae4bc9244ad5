using System.Text.Json;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tests.Objectives;

[Collection("process settings")]
public sealed class BaselineTests : IDisposable
{
    private static readonly JsonDocument Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "baselines.json")));

    private readonly int _threads = Compute.Threads;
    private readonly SimdPath _path = Simd.Path;

    public BaselineTests() => BufferPool.PoisonReturned = true;

    public static TheoryData<string> GoldenNames =>
        [.. Golden.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    public static TheoryData<int> CaseNumbers => [.. Enumerable.Range(0, Cases(1).Length)];

    public void Dispose() => (Compute.Threads, Simd.Path, ScoreSweep.BlockColumns, BufferPool.PoisonReturned) = (_threads, _path, 0, false);

    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void Values_and_gradients_are_the_golden_ones(string name)
    {
        var golden = Golden.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        int width = golden.GetProperty("width").GetInt32();
        double[,] x = Matrix(golden, "x", width), y = Matrix(golden, "y", width);
        double[] gradX = Numbers(golden, "grad_x"), gradY = Numbers(golden, "grad_y");
        double value = golden.GetProperty("value").GetDouble();
        var one = BaselineCase.Of(golden);

        var naive = one.Naive(x, y);
        Near.Relative(value, naive.Value, 1e-6, name);
        Near.Norm(gradX, naive.GradX.Cast<double>(), 1e-6, name);
        Near.Norm(gradY, naive.GradY.Cast<double>(), 1e-6, name);

        var fast = one.Run(x, y);
        Near.Relative(value, fast.Value, 2e-5, name);
        Near.Norm(gradX, fast.GradX, 1e-4, name);
        Near.Norm(gradY, fast.GradY, 1e-4, name);
    }

    [Theory]
    [InlineData("siglip at its start")]
    [InlineData("siglip, steep")]
    public void SigLip_teaches_its_scale_and_bias(string name)
    {
        var golden = Golden.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        double[,] x = Matrix(golden, "x", 10), y = Matrix(golden, "y", 10);
        double[] learned = Numbers(golden, "grad_learned");
        double logScale = golden.GetProperty("log_scale").GetDouble(), bias = golden.GetProperty("bias").GetDouble();
        int pairs = golden.GetProperty("options").GetProperty("pairs").GetInt32();
        foreach (bool alone in new[] { false, true })
        {
            Tensor left = ObjectiveTests.Parameter(x), right = ObjectiveTests.Parameter(y), scale = SigLip.LogitScale(Math.Exp(logScale)),
                shift = SigLip.LogitBias(bias);
            (left.RequiresGrad, right.RequiresGrad, scale.RequiresGrad, shift.RequiresGrad) = (!alone, !alone, true, true);
            using var tape = new Tape();
            tape.Backward(tape.SigLipLoss(left, right, scale, shift, pairs));
            Near.Relative(learned[0], scale.Grad[0], 1e-4);
            Near.Relative(learned[1], shift.Grad[0], 1e-4);
            Assert.Equal(!alone, left.HasGrad);
        }

        var naive = NaiveBaselines.SigLip(x, y, Math.Exp(logScale), bias, pairs);
        Near.Relative(learned[0], naive.GradLogitScale * Math.Exp(logScale), 1e-9);
        Near.Relative(learned[1], naive.GradLogitBias, 1e-9);
    }

    // Shapes that fill no tile and no vector evenly, every path, one thread and two.
    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public void They_are_the_definition_for_every_tail_and_path(int number)
    {
        foreach (var (rows, columns, width, block) in new[] { (70, 45, 33, 0), (131, 202, 17, 96), (49, 49, 8, 48), (3, 5, 2, 0) })
        {
            ScoreSweep.BlockColumns = block;
            var one = Cases(Math.Min(rows, columns) * 2 / 3)[number];
            double[,] x = Clouds.Unit(rows, width, 51, shift: 0.3), y = Clouds.Unit(columns, width, 52);
            var expected = one.Naive(x, y);
            foreach (SimdPath path in Enum.GetValues<SimdPath>().Where(Simd.IsAvailable))
            {
                Simd.Path = path;
                (double, double[], double[])? first = null;
                foreach (int threads in new[] { 1, 2 })
                {
                    Compute.Threads = threads;
                    string what = $"{one.Name}, [{rows}, {width}] and [{columns}, {width}], {Simd.NameOf(path)}";
                    var (value, gradX, gradY) = one.Run(x, y);
                    Near.Relative(expected.Value, value, 2e-5, what);
                    Near.Norm(expected.GradX.Cast<double>(), gradX, 1e-4, what + ", x");
                    Near.Norm(expected.GradY.Cast<double>(), gradY, 1e-4, what + ", y");
                    first ??= (value, gradX, gradY);
                    Assert.Equal(first.Value.Item1, value);
                    Assert.Equal(first.Value.Item2, gradX);
                    Assert.Equal(first.Value.Item3, gradY);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public void Gradients_are_central_differences(int number)
    {
        double[,] x = Clouds.Normal(7, 4, seed: 1), y = Clouds.Normal(9, 4, seed: 2, shift: 0.5);
        var one = Cases(5)[number];

        // The envelope theorem holds where the potentials are at their fixed point.
        bool envelope = one.Name == "sinkhorn";
        if (envelope) one = BaselineCase.Sinkhorn(blur: 2, scaling: 0.9998);
        var result = one.Naive(x, y);
        const double Step = 1e-5;
        foreach (var (points, gradient) in new[] { (x, result.GradX), (y, result.GradY) })
        {
            for (int i = 0; i < points.GetLength(0); i++)
            {
                double kept = points[i, i % 4];
                points[i, i % 4] = kept + Step;
                double above = one.Naive(x, y).Value;
                points[i, i % 4] = kept - Step;
                double below = one.Naive(x, y).Value;
                points[i, i % 4] = kept;
                Assert.Equal((above - below) / (2 * Step), gradient[i, i % 4], envelope ? 1e-5 : 2e-7);
            }
        }
    }

    [Fact]
    public void The_objective_takes_several_bandwidths_beside_InfoNCE()
    {
        double[,] x = Clouds.Unit(61, 12, 3), y = Clouds.Unit(52, 12, 4, shift: 0.2);
        double[] factors = [0.5, 1, 2];
        var expected = NaiveBaselines.CauchySchwarz(x, y, [0.3, 0.6, 1.2]);
        var contrast = NaiveObjective.CsAligner(x, y, 1, 0, 0.4, 1 / 0.07, 50);
        var (left, right) = (ObjectiveTests.Parameter(x), ObjectiveTests.Parameter(y));
        using var tape = new Tape();
        var objective =
            new CsAlignerObjective { Bandwidth = 0.6, BandwidthFactors = factors, CsWeight = 0.7, InfoNceWeight = 0.4, Temperature = 0.07 };
        var result = objective.Forward(tape, left, right, pairs: 50);
        Near.Relative((0.7 * expected.Value) + contrast.Value, result.Loss.Item, 2e-5);
        Near.Relative(expected.Value, result.CauchySchwarz, 2e-5);
        tape.Backward(result.Loss);
        Near.Norm(expected.GradX.Cast<double>().Zip(contrast.GradX.Cast<double>(), (a, b) => (0.7 * a) + b),
            [.. left.Grad.ToArray().Select(g => (double)g)], 1e-4);
        Near.Norm(expected.GradY.Cast<double>().Zip(contrast.GradY.Cast<double>(), (a, b) => (0.7 * a) + b),
            [.. right.Grad.ToArray().Select(g => (double)g)], 1e-4);
    }

    [Fact]
    public void Bandwidths_too_small_for_float32_are_computed_in_float64_beside_the_others()
    {
        double[,] x = Clouds.Unit(30, 9, 5), y = Clouds.Unit(41, 9, 6, shift: 0.4);
        foreach (bool offDiagonal in new[] { false, true })
        {
            foreach (var one in new[] { BaselineCase.Mmd(0.5, [0.02, 0.05, 1], offDiagonal),
                BaselineCase.CauchySchwarz(0.5, [0.02, 0.05, 1], offDiagonal) })
            {
                var expected = one.Naive(x, y);
                var (value, gradX, gradY) = one.Run(x, y);
                Near.Relative(expected.Value, value, 2e-5, one.Name);
                Near.Norm(expected.GradX.Cast<double>(), gradX, 1e-4, one.Name);
                Near.Norm(expected.GradY.Cast<double>(), gradY, 1e-4, one.Name);
            }
        }
    }

    // One loss each, settings that suit unit rows.
    private static BaselineCase[] Cases(int pairs) =>
    [
        BaselineCase.SquaredDistance(pairs),
        BaselineCase.Cosine(pairs),
        BaselineCase.SigLip(pairs, Math.Log(10), -10),
        BaselineCase.SigLip(pairs, Math.Log(40), 2),
        BaselineCase.Mmd(0.5, [1], false),
        BaselineCase.Mmd(0.5, [0.5, 1, 2], false),
        BaselineCase.Mmd(0.5, [0.5, 1, 2], true),
        BaselineCase.CauchySchwarz(0.5, [1], false),
        BaselineCase.CauchySchwarz(0.5, [0.5, 1, 2], false),
        BaselineCase.CauchySchwarz(0.5, [0.5, 1, 2], true),
        BaselineCase.Coral(0),
        BaselineCase.Coral(0.5),
        BaselineCase.GaussianKl(0.1),
        BaselineCase.Sinkhorn(0.2, 0.5),
    ];

    private static double[] Numbers(JsonElement golden, string key) =>
        [.. golden.GetProperty(key).EnumerateArray().Select(v => v.GetDouble())];

    private static double[,] Matrix(JsonElement golden, string key, int width)
    {
        double[] values =
            [.. Golden.RootElement.GetProperty("inputs")[golden.GetProperty(key).GetInt32()].EnumerateArray().Select(v => v.GetDouble())];
        var matrix = new double[values.Length / width, width];
        Buffer.BlockCopy(values, 0, matrix, 0, values.Length * sizeof(double));
        return matrix;
    }
}
