using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Tests.Starts;

/// <summary>Starts that are fitted to pairs of unlike widths.</summary>
public sealed class PairRegressionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Maps_are_the_golden_ones(int number)
    {
        JsonElement golden = StartsGolden.Case("regression", number);
        Tensor x = StartsGolden.Tensor(golden, "x", golden.GetProperty("width_x").GetInt32());
        Tensor y = StartsGolden.Tensor(golden, "y", golden.GetProperty("width_y").GetInt32());
        int pairs = golden.GetProperty("pairs").GetInt32();
        Tensor pairedX = FeatureRows.Take(x, [.. Enumerable.Range(0, pairs)]),
            pairedY = FeatureRows.Take(y, [.. Enumerable.Range(0, pairs)]);
        GaussianFit first = GaussianFit.Of(x), second = GaussianFit.Of(y);
        var (toX, toY) = PairRegression.ToCorrelations(first, second, pairedX, pairedY);
        Assert.Equal((x.Width, Math.Min(x.Width, y.Width)), (toX.Width, toX.OutputWidth));
        using var tape = Tape.Inference();
        Tensor mappedX = toX.Forward(tape, x), mappedY = toY.Forward(tape, y);
        Same("cosines_xy", Cosines(mappedX, mappedY));
        Same("cosines_xx", Cosines(mappedX, mappedX));
        Tensor onto = PairRegression.Onto(first, second, pairedX, pairedY).Forward(tape, x);
        Same("x_onto_y", onto.Span.ToArray().Select(v => (double)v));

        void Same(string name, IEnumerable<double> actual) => Near.Norm(StartsGolden.Numbers(golden, name), actual, 1e-4, name);
    }

    // Texts are a linear picture of part of the images' directions, in fewer dimensions, with noise.
    [Fact]
    public void Encoders_of_unlike_widths_meet_and_the_adapters_are_read_back()
    {
        var random = new RandomGenerator(3);
        Tensor images = Clouds.Flat(400, 20, 1, 0.3f), weight = Tensor.Normal(random, 1, 12, 20), texts;
        using (var tape = Tape.Inference())
        {
            Tensor made = tape.Linear(images, weight, Tensor.Normal(random, 1, 12));
            texts = Tensor.From(tape.Normalize(tape.Add(made, Tensor.Normal(random, 0.1f, 12))).Span, 400, 12);
        }

        var data = new AlignmentData(images, texts);
        Assert.Equal(AlignmentStart.Regression, AlignmentOptions.For(data).Start);
        foreach (TrainedSide side in Enum.GetValues<TrainedSide>())
        {
            var closed = new AlignmentTrainer(
                new AlignmentOptions { Objective = AlignmentObjective.Regression, Train = side, ValidationFraction = 0 },
                data).Run(cancellation: TestContext.Current.CancellationToken);
            var trained =
                new AlignmentTrainer(AlignmentOptions.For(data) with { Train = side, Epochs = 3 },
                    data).Run(cancellation: TestContext.Current.CancellationToken);
            Assert.Equal((20, 12), (trained.Image.InputWidth, trained.Text.InputWidth));
            Assert.Equal(trained.Image.OutputWidth, trained.Text.OutputWidth);
            Assert.Equal(side == TrainedSide.Text ? 20 : 12, closed.Text.OutputWidth);
            foreach (var result in new[] { closed, trained })
            {
                double recall = Evaluator.Evaluate(result.Image.Apply(images), result.Text.Apply(texts)).TextToImage.RecallAt1;
                Assert.True(recall > 0.5, $"{side}: R@1 {recall}");
            }

            using var folder = new TemporaryFolder();
            trained.Text.Save(folder["text.safetensors"]);
            var read = Adapter.Load(folder["text.safetensors"]);
            Assert.Equal(trained.Text.Apply(texts).Span.ToArray(), read.Apply(texts).Span.ToArray());
            Assert.Contains($"maps rows of width 12", Assert.Throws<InputException>(() => read.Apply(images)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_pairs_there_is_nothing_to_fit()
    {
        Tensor rows = Clouds.Flat(80, 6, 1, 0.3f), others = Clouds.Flat(80, 6, 2, -0.3f);
        var data = AlignmentData.WithoutPairs(rows, others);
        Assert.Contains("the start regression is fitted to pairs",
            Assert.Throws<InputException>(() =>
                new AlignmentTrainer(new AlignmentOptions { Start = AlignmentStart.Regression }, data)).Message,
            StringComparison.Ordinal);
        GaussianFit fit = GaussianFit.Of(rows);
        Assert.Throws<InputException>(() => PairRegression.Onto(fit, fit, FeatureRows.Take(rows, [0]), FeatureRows.Take(rows, [0])));
        Assert.Throws<ArgumentException>(() => PairRegression.Onto(fit, fit, rows, FeatureRows.Take(rows, [0, 1])));
    }

    private static IEnumerable<double> Cosines(Tensor x, Tensor y)
    {
        for (int i = 0; i < x.Rows; i++)
            for (int j = 0; j < y.Rows; j++)
                yield return System.Numerics.Tensors.TensorPrimitives.Dot<float>(
                    x.Span.Slice(i * x.Width, x.Width), y.Span.Slice(j * y.Width, y.Width));
    }
}
