using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Objectives.Terms;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>Alignment of two sets of which no rows belong together.</summary>
public sealed class WithoutPairsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("csalign-unpaired").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_few_rows_get_the_closed_form()
    {
        AlignmentData data = Apart(60, 90);
        var result = Run(new AlignmentOptions(), data);
        Assert.Equal((0, 0, 60, 90, 0), (result.TrainingPairs, result.BestEpoch, result.UnpairedImages, result.UnpairedTexts,
            result.HeldOutImages));
        var (image, _) = GaussianTransport.ToBarycentre(GaussianFit.Of(data.UnpairedImages!), GaussianFit.Of(data.UnpairedTexts!));
        Assert.Equal(image.Weight!.Span.ToArray(), result.Image.Start!.Weight!.Span.ToArray());
        double before = Divergence(data.UnpairedImages!, data.UnpairedTexts!);
        double after = Divergence(result.Image.Apply(data.UnpairedImages!), result.Text.Apply(data.UnpairedTexts!));
        Assert.True(after < 0.2 * before, $"{before} to {after}");
    }

    // A few pairs judge nothing, so they get a step to ten; rows that are held out find the best of eighty.
    [Theory]
    [InlineData(25, 100, 3)]
    [InlineData(200, 100, 20)]
    [InlineData(25, 700, 80)]
    [InlineData(1200, 0, 80)]
    public void Without_epochs_there_are_as_many_steps_as_the_rows_can_judge(int pairs, int unpaired, int steps)
    {
        Tensor images = Clouds.Flat(pairs + unpaired, 6, 1, 0.4f), texts = Clouds.Flat(pairs + unpaired, 6, 2, -0.4f);
        var data = new AlignmentData(FeatureRows.Range(images, 0, pairs), FeatureRows.Range(texts, 0, pairs))
        {
            UnpairedImages = FeatureRows.Range(images, pairs, pairs + unpaired),
            UnpairedTexts = FeatureRows.Range(texts, pairs, pairs + unpaired),
        };
        Assert.Equal(steps, new AlignmentTrainer(new AlignmentOptions(), data).Epochs);
        Assert.Equal(7, new AlignmentTrainer(new AlignmentOptions { Epochs = 7 }, data).Epochs);
    }

    [Fact]
    public void Similarities_are_kept_by_the_share_of_rows_without_pairs()
    {
        var options = new AlignmentOptions();
        Assert.Equal(2, options.WithSimilarityWeight(pairs: 0, unpaired: 70).SimilarityWeight);
        Assert.Equal(1, options.WithSimilarityWeight(pairs: 35, unpaired: 70).SimilarityWeight);
        Assert.Equal(AlignmentObjective.CsInfoNce, options.WithSimilarityWeight(pairs: 35, unpaired: 0).Objective);
        var kept = options with { Objective = AlignmentObjective.Of(ObjectiveTerms.CauchySchwarz, ObjectiveTerms.Similarity) };
        Assert.Equal(2, kept.WithSimilarityWeight(pairs: 35, unpaired: 0).SimilarityWeight);
        var given = options with { SimilarityWeight = 3 };
        Assert.Same(given, given.WithSimilarityWeight(pairs: 35, unpaired: 0));
    }

    [Fact]
    public void Many_rows_are_trained_on_and_judged_by_rows_held_out()
    {
        AlignmentData data = Apart(900, 1100);
        var options = new AlignmentOptions { BatchSize = 256, Epochs = 4, LearningRate = 5e-3 };
        var result = Run(options, data);
        Assert.Equal((810, 990, 90, 110), (result.UnpairedImages, result.UnpairedTexts, result.HeldOutImages, result.HeldOutTexts));
        Assert.True(float.IsNaN(result.Epochs[1].ValidationImageToText));
        Assert.True(result.Epochs[^1].CauchySchwarz < result.Epochs[1].CauchySchwarz);
        Assert.Equal(result.Epochs.MinBy(epoch => epoch.ValidationObjective)!.Epoch, result.BestEpoch);

        string path = Path.Combine(_folder, "text.safetensors");
        result.Text.Save(path);
        float[] mapped = result.Text.Apply(data.UnpairedTexts!).Span.ToArray();
        Assert.Equal(mapped, Adapter.Load(path).Apply(data.UnpairedTexts!).Span.ToArray());
    }

    [Fact]
    public void A_run_that_was_cut_off_ends_with_the_same_bits()
    {
        AlignmentData data = Apart(900, 700);
        var options = new AlignmentOptions { BatchSize = 256, Epochs = 3 };
        string checkpoint = Path.Combine(_folder, "checkpoint.safetensors");
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new AlignmentTrainer(options, data)
        {
            StepDone = step =>
            {
                if (step == 5) source.Cancel();
            },
        }.Run(checkpoint, cancellation: source.Token));
        var resumed =
            new AlignmentTrainer(options, data).Run(checkpoint, resume: true, cancellation: TestContext.Current.CancellationToken);
        var whole = Run(options, data);
        Assert.True(resumed.Resumed);
        foreach (var (expected, actual) in whole.Image.Tensors.Zip(resumed.Image.Tensors))
            Assert.Equal(expected.Values.Span.ToArray(), actual.Values.Span.ToArray());
    }

    [Fact]
    public void One_side_alone_goes_the_whole_way()
    {
        AlignmentData data = Apart(80, 70);
        var result = Run(new AlignmentOptions { Train = TrainedSide.Text }, data);
        Assert.Null(result.Image.Start);
        Near.Norm(data.UnpairedImages!.Span.ToArray().Select(v => (double)v),
            result.Image.Apply(data.UnpairedImages!).Span.ToArray().Select(v => (double)v), 1e-6);
        double after = Divergence(data.UnpairedImages!, result.Text.Apply(data.UnpairedTexts!));
        Assert.True(after < 0.3 * Divergence(data.UnpairedImages!, data.UnpairedTexts!), $"{after}");
    }

    // The same texts in a turned space, as another encoder would give them: the distributions still could be brought together.
    [Fact]
    public void Spaces_that_share_nothing_are_refused()
    {
        Tensor images = Narrow(300, 1), texts = Narrow(300, 2), turned = new(300, 24);
        for (int i = 0; i < texts.Length; i++) turned.Span[(i / 24 * 24) + ((i + 12) % 24)] = texts.Span[i];
        Assert.InRange(GaussianFit.Of(images).SharedVariance(GaussianFit.Of(texts)), 2, 24);
        Assert.InRange(GaussianFit.Of(images).SharedVariance(GaussianFit.Of(turned)), 0, 1.1);
        Assert.Equal(0, Run(new AlignmentOptions(), AlignmentData.WithoutPairs(images, texts)).BestEpoch);
        string message = Assert.Throws<InputException>(
            () => new AlignmentTrainer(new AlignmentOptions(), AlignmentData.WithoutPairs(images, turned))).Message;
        Assert.Contains("unrelated directions", message, StringComparison.Ordinal);

        // All variance in four directions of 24.
        static Tensor Narrow(int rows, ulong seed)
        {
            Tensor cloud = Tensor.Normal(new RandomGenerator(seed), 1, rows, 24);
            for (int i = 0; i < cloud.Length; i++) cloud.Span[i] *= i % 24 < 4 ? 1 : 0.1f;
            return cloud;
        }
    }

    [Fact]
    public void What_cannot_do_without_pairs_is_refused()
    {
        AlignmentData data = Apart(40, 40);
        Refused("nothing to bring two sets together", new AlignmentOptions { Objective = AlignmentObjective.InfoNce }, data);
        Refused("give pairs", new AlignmentOptions(), AlignmentData.WithoutPairs(new Tensor(9, 4), new Tensor(9, 5)));
        Refused("at least 2 pairs", new AlignmentOptions(), new AlignmentData(new Tensor(1, 4), new Tensor(1, 4)));

        static void Refused(string expected, AlignmentOptions options, AlignmentData data) =>
            Assert.Contains(expected, Assert.Throws<InputException>(() => new AlignmentTrainer(options, data)).Message,
                StringComparison.Ordinal);
    }

    private static AlignmentData Apart(int images, int texts) =>
        AlignmentData.WithoutPairs(Clouds.Flat(images, 10, 1, 0.4f), Clouds.Flat(texts, 10, 2, -0.4f));

    private static AlignmentResult Run(AlignmentOptions options, AlignmentData data) =>
        new AlignmentTrainer(options, data).Run(cancellation: TestContext.Current.CancellationToken);

    private static double Divergence(Tensor x, Tensor y) => Evaluator.Measure(x, y).CsDivergenceOffDiagonal!.Value;
}
