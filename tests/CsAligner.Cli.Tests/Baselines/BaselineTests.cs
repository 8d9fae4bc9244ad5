using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Objectives.Terms;
using CsAligner.Studies.Baselines;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Training;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Cli.Tests.Baselines;

/// <summary>Baselines against NumPy and SciPy (Golden/make_baselines.py), and the laws that they keep.</summary>
public class BaselineTests
{
    private const int Width = 6;

    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "baselines.json"))).RootElement;

    public static TheoryData<int> Maps => [.. Enumerable.Range(0, Golden.GetProperty("maps").GetArrayLength())];

    public static TheoryData<string> Names => [.. BaselineList.All.Select(baseline => baseline.Name)];

    [Theory]
    [MemberData(nameof(Maps))]
    public void A_fitted_baseline_maps_other_rows_as_SciPy_does(int number)
    {
        JsonElement golden = Golden.GetProperty("maps")[number];
        var baseline = BaselineList.Get(golden.GetProperty("name").GetString()!);
        Tensor x = Rows(golden, "x"), y = Rows(golden, "y");
        int pairs = golden.GetProperty("pairs").GetInt32();
        var data = new AlignmentData(FeatureRows.Range(x, 0, pairs), FeatureRows.Range(y, 0, pairs))
        {
            UnpairedImages = x.Rows > pairs ? FeatureRows.Range(x, pairs, x.Rows) : null,
            UnpairedTexts = y.Rows > pairs ? FeatureRows.Range(y, pairs, y.Rows) : null,
        };
        JsonElement setting = golden.GetProperty("setting");
        var maps = baseline.Fit(data)(setting.ValueKind == JsonValueKind.Null ? double.NaN : setting.GetDouble());
        AssertNear(Rows(golden, "images"), maps.Images(Rows(golden, "a")), 2e-5);
        AssertNear(Rows(golden, "texts"), maps.Texts(Rows(golden, "b")), 2e-5);
    }

    [Fact]
    public void Every_baseline_has_golden_values()
    {
        string[] covered = [.. Golden.GetProperty("maps").EnumerateArray().Select(each => each.GetProperty("name").GetString()!)];
        Assert.Equal(BaselineList.All.Select(b => b.Name).Order(), covered.Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_that_agree_stay_together_and_are_mapped_each_by_itself(string name)
    {
        var baseline = BaselineList.Get(name);
        Tensor rows = Unit(1, 80);
        var fit = baseline.Fit(new AlignmentData(rows, rows));
        foreach (double setting in baseline.Settings.DefaultIfEmpty(double.NaN))
        {
            var maps = fit(setting);
            Tensor others = Unit(2, 9), images = maps.Images(others);

            // At a small epsilon Sinkhorn's iterations leave a little between its two sides.
            AssertNear(images, maps.Texts(others), name == "transport" ? 5e-3 : 2e-5);
            AssertNear(FeatureRows.Range(images, 4, 5), maps.Images(FeatureRows.Range(others, 4, 5)), 1e-6);
            for (int row = 0; row < images.Rows; row++)
                Assert.Equal(1, FeatureRows.Range(images, row, row + 1).Span.ToArray().Sum(v => (double)v * v), 1e-5);
        }
    }

    [Theory]
    [InlineData("realign", false)]
    [InlineData("coral", true)]
    [InlineData("transport", true)]
    public void A_distribution_is_mapped_to_itself_by_the_identity(string name, bool losesMean)
    {
        Tensor rows = Unit(3, 60);
        var maps = BaselineList.Get(name).Fit(new AlignmentData(rows, rows))(name == "transport" ? 1e-3 : 4);
        Tensor expected = losesMean ? BaselineMaps.Affine(null, RowMoments.Of(rows).Mean)(rows) : rows;
        AssertNear(expected, maps.Texts(rows), 2e-4);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(Width)]
    [InlineData(64)]
    public void Coral_gives_the_covariance_of_the_target_in_its_directions_and_changes_no_other(int directions)
    {
        Matrix<double> from = RowMoments.Of(Unit(4, 50)).Covariance, to = RowMoments.Of(Unit(5, 70)).Covariance;
        var pooled = new SymmetricSpectrum(from + to);
        Matrix<double> subspace = pooled.Largest(Math.Min(directions, Width));
        Matrix<double> change = SubspaceCoral.Recolour(from, to, pooled, directions);
        Matrix<double> moved = (change * from).TransposeAndMultiply(change);
        AssertNear(subspace.TransposeThisAndMultiply(to * subspace), subspace.TransposeThisAndMultiply(moved * subspace));
        Matrix<double> rest = Matrix<double>.Build.DenseIdentity(Width) - subspace.TransposeAndMultiply(subspace);
        AssertNear(rest, rest * change);
        Assert.False((change - Matrix<double>.Build.DenseIdentity(Width)).FrobeniusNorm() < 0.01);
    }

    [Fact]
    public void Whitening_without_shrinkage_leaves_the_identity_and_with_all_of_it_nothing_but_the_mean()
    {
        RowMoments moments = RowMoments.Of(Unit(6, 50));
        var spectrum = new SymmetricSpectrum(moments.Covariance);
        Matrix<double> identity = Matrix<double>.Build.DenseIdentity(Width), whitens = spectrum.InverseRoot(0, moments.MeanVariance);
        AssertNear(identity, whitens * moments.Covariance * whitens);
        AssertNear(identity * Math.Pow(moments.MeanVariance, -0.5), spectrum.InverseRoot(1, moments.MeanVariance));
    }

    [Fact]
    public void Cca_finds_partners_through_an_unknown_map_where_raw_rows_do_not()
    {
        Tensor images = Unit(7, 400);
        var random = new RandomGenerator(8);
        Matrix<double> unknown = Matrix<double>.Build.Dense(Width, Width, (_, _) => random.NextNormal());
        var texts = new Tensor(images.Rows, Width);
        for (int row = 0; row < images.Rows; row++)
        {
            Vector<double> mapped = unknown * Vector<double>.Build.Dense(Width, d => images.Span[(row * Width) + d]);
            for (int d = 0; d < Width; d++) texts.Span[(row * Width) + d] = (float)(mapped[d] / mapped.L2Norm());
        }

        Tensor x = FeatureRows.Range(images, 300, 400), y = FeatureRows.Range(texts, 300, 400);
        var data = new AlignmentData(FeatureRows.Range(images, 0, 300), FeatureRows.Range(texts, 0, 300));
        var baseline = BaselineList.Get("cca");
        var maps = baseline.Fit(data)(0.1);
        Assert.True(baseline.NeedsPairs);
        Assert.True(Evaluator.Evaluate(x, y).TextToImage.RecallAt1 < 0.3);
        Assert.True(Evaluator.Evaluate(maps.Images(x), maps.Texts(y)).TextToImage.RecallAt1 > 0.6);
    }

    [Fact]
    public void Transport_of_more_rows_than_its_plan_takes_uses_the_means_of_all()
    {
        Tensor images = Unit(9, EntropicTransport.MostRows + 60), texts = Unit(10, 30);
        var maps = BaselineList.Get("transport").Fit(AlignmentData.WithoutPairs(images, texts))(0.1);
        Tensor mapped = maps.Images(FeatureRows.Range(images, 0, 40));
        Assert.Equal(40, mapped.Rows);
        Assert.All(mapped.Span.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_uniformity_of_middles_and_its_gradient_are_those_of_PyTorch(int number)
    {
        JsonElement golden = Golden.GetProperty("uniformity")[number];
        Tensor x = Rows(golden, "x"), y = Rows(golden, "y");
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        using var tape = new Tape();
        Tensor value = CentroidUniformityTerm.Instance.Forward(
            tape, new TermInputs(x, y, golden.GetProperty("pairs").GetInt32(), 1, new Tensor(1)));
        Assert.Equal(golden.GetProperty("value").GetDouble(), value.Span[0], 1e-5);
        tape.Backward(value);
        AssertNear(Rows(golden, "grad_x"), Tensor.From(x.Grad, x.Rows, x.Width), 1e-5);
        AssertNear(Rows(golden, "grad_y"), Tensor.From(y.Grad, y.Rows, y.Width), 1e-5);
    }

    [Fact]
    public void One_pair_has_no_middle_to_keep_away_from()
    {
        using var tape = new Tape();
        var inputs = new TermInputs(Unit(11, 3), Unit(12, 3), 1, 1, new Tensor(1));
        Assert.Equal(0, CentroidUniformityTerm.Instance.Forward(tape, inputs).Span[0]);
    }

    [Fact]
    public void The_setting_that_finds_most_partners_is_chosen_and_the_first_of_equal_ones()
    {
        Tensor images = Unit(13, 40), others = Unit(14, 40);
        Tensor Still(Tensor rows) => rows;
        Func<double, BaselineMaps> fit = setting => new BaselineMaps(Still, setting is 0.3 or 0.6 ? Still : _ => others);
        Assert.Equal(0.3, BaselineChoice.Of(BaselineList.Get("whitening"), fit, images, images));
        Assert.True(double.IsNaN(BaselineChoice.Of(BaselineList.Get("realign"), fit, images, images)));
    }

    // Rows around a centre that vary most in the first dimensions.
    private static Tensor Unit(ulong seed, int rows)
    {
        var random = new RandomGenerator(seed);
        var values = new Tensor(rows, Width);
        for (int i = 0; i < values.Length; i++) values.Span[i] = (float)((random.NextNormal() / (1 + (i % Width))) + (0.3 * seed % 1));
        using var tape = Tape.Inference();
        return Tensor.From(tape.Normalize(values).Span, rows, Width);
    }

    private static Tensor Rows(JsonElement golden, string name)
    {
        float[] values = [.. golden.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
        int width = golden.GetProperty("width").GetInt32();
        return Tensor.From(values, values.Length / width, width);
    }

    private static void AssertNear(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal((expected.Rows, expected.Width), (actual.Rows, actual.Width));
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected.Span[i], actual.Span[i], tolerance);
    }

    private static void AssertNear(Matrix<double> expected, Matrix<double> actual) =>
        Assert.True((expected - actual).FrobeniusNorm() < 1e-9, $"{actual} is not {expected}");
}
