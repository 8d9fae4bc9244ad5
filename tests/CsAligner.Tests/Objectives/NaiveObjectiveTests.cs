using CsAligner.Objectives;
using CsAligner.Tensors;

namespace CsAligner.Tests.Objectives;

public class NaiveObjectiveTests
{
    private static readonly GoldenFile Golden = new("objective.safetensors");

    public static TheoryData<string> MatrixCases => [.. Golden.Cases.Where(c => !c.StartsWith("token", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(MatrixCases))]
    public void Values_and_gradients_are_the_golden_ones(string name)
    {
        double[,] x = Golden.Matrix(name + ".x"), y = Golden.Matrix(name + ".y");
        bool offDiagonal = name.Contains("offdiagonal", StringComparison.Ordinal);
        double sigma = GoldenFile.Parameter(name, "sigma", 1), scale = 1 / GoldenFile.Parameter(name, "tau", 1);
        int pairs = (int)GoldenFile.Parameter(name, "pairs", Math.Min(x.GetLength(0), y.GetLength(0)));
        var result = name.Split('.')[0] switch
        {
            "cs" => NaiveObjective.CauchySchwarz(x, y, sigma, offDiagonal),
            "infonce" => NaiveObjective.InfoNce(x, y, scale),
            _ => NaiveObjective.CsAligner(x, y, sigma, 1, GoldenFile.Parameter(name, "lambda"), scale, pairs),
        };
        Near.Relative(Golden.Value(name + ".value"), result.Value, 1e-6, name);
        // The inputs of these two were rounded after their values were made: see Golden/check_objective.py.
        double tolerance = name.StartsWith("cs.general", StringComparison.Ordinal) ? 1e-7 : 1e-8;
        Near.Norm(Golden.Values(name + ".grad_x"), result.GradX.Cast<double>(), tolerance, name);
        Near.Norm(Golden.Values(name + ".grad_y"), result.GradY.Cast<double>(), tolerance, name);
    }

    [Fact]
    public void Token_level_is_the_golden_one()
    {
        const string Name = "token.sigma=0.8";
        var result = NaiveObjective.TokenLevel(
            Golden.Cube(Name + ".x"), Golden.Mask(Name + ".mask_x"), Golden.Cube(Name + ".y"), Golden.Mask(Name + ".mask_y"), 0.8);
        Near.Relative(Golden.Value(Name + ".value"), result.Value, 1e-6);
        Near.Norm(Golden.Values(Name + ".grad_x"), result.GradX.Cast<double>(), 1e-8);
        Near.Norm(Golden.Values(Name + ".grad_y"), result.GradY.Cast<double>(), 1e-8);
    }

    [Theory]
    [InlineData(true, 1, 0)]
    [InlineData(false, 1, 0)]
    [InlineData(false, 0, 1)]
    [InlineData(false, 0.7, 0.3)]
    public void Gradients_are_central_differences(bool offDiagonal, double csWeight, double infoNceWeight)
    {
        double[,] x = Clouds.Normal(7, 4, seed: 1), y = Clouds.Normal(9, 4, seed: 2, shift: 0.5);
        ObjectiveGradients Evaluate(double scale = 3) =>
            NaiveObjective.CsAligner(x, y, 0.9, csWeight, infoNceWeight, scale, 5, offDiagonal);
        var result = Evaluate();
        const double Step = 1e-5;
        foreach (var (points, gradient) in new[] { (x, result.GradX), (y, result.GradY) })
        {
            for (int i = 0; i < points.GetLength(0); i++)
            {
                double kept = points[i, i % 4];
                points[i, i % 4] = kept + Step;
                double above = Evaluate().Value;
                points[i, i % 4] = kept - Step;
                double below = Evaluate().Value;
                points[i, i % 4] = kept;
                Assert.Equal((above - below) / (2 * Step), gradient[i, i % 4], 1e-8);
            }
        }

        Assert.Equal((Evaluate(3 + Step).Value - Evaluate(3 - Step).Value) / (2 * Step), result.GradLogitScale, 1e-8);
    }

    [Fact]
    public void It_is_finite_for_a_tiny_bandwidth_and_far_clouds()
    {
        var result = NaiveObjective.CauchySchwarz(Clouds.Normal(8, 3, 1), Clouds.Normal(6, 3, 2, shift: 1000), 0.01);
        Assert.True(double.IsFinite(result.Value) && result.Value > 1e9);
        Assert.All(result.GradX.Cast<double>(), g => Assert.True(double.IsFinite(g)));
    }

    [Fact]
    public void Widths_that_differ_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => NaiveObjective.CauchySchwarz(new double[2, 3], new double[2, 4], 1));
        Assert.Contains("[2, 3]", error.Message, StringComparison.Ordinal);
    }
}
