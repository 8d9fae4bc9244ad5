using CsAligner.Adapters;
using CsAligner.Models;
using CsAligner.Starts;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>LoRA trained through a tower: by chunks as in one, resumed as uninterrupted, in either tower.</summary>
public sealed class ClipEncoderTests : IDisposable
{
    private const int Count = 96, Held = 24, Side = 16;

    private static readonly AlignmentOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 48,
        LearningRate = 5e-3,
        Seed = 4,
        TokenWeight = 0.1,
        Start = AlignmentStart.MeanShift,
        Interpolation = 1,
        Adapter = new AdapterOptions { Kind = "mean-shift" },
    };

    private readonly CsAligner.Testing.TemporaryFolder _folder = new();
    private readonly NoisePairs _pairs = new(Count + Held);
    private readonly CsAligner.Tokenizers.ClipTokenizer _tokenizer = NoisePairs.Tokenizer(700);
    private readonly ImagePreprocessing _preprocessing = new(Side, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ClipTower.Text)]
    [InlineData(ClipTower.Image)]
    public void Training_lowers_the_loss_and_changes_the_tower_alone(ClipTower tower)
    {
        var (data, encoder) = Data(tower, tokens: true);
        var result = new AlignmentTrainer(Options, data).Run(cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.Epochs[^1].Loss < result.Epochs[1].Loss, $"{result.Epochs[1].Loss} to {result.Epochs[^1].Loss}");
        Assert.Equal(encoder.Lora.ParameterCount, result.EncoderParameters);
        Assert.Equal(result.EncoderParameters, result.TrainedParameters);
        Assert.Contains(encoder.Lora.Tensors,
            t => t.Name.EndsWith("lora_B.weight", StringComparison.Ordinal) && t.Values.Span.ToArray().Any(v => v != 0));
    }

    [Theory]
    [InlineData(ClipTower.Text)]
    [InlineData(ClipTower.Image)]
    public void Chunks_give_the_weights_of_the_whole_batch(ClipTower tower)
    {
        double[] Weights(int chunk)
        {
            var (data, encoder) = Data(tower, tokens: true);
            new AlignmentTrainer(Options with { ChunkSize = chunk, Epochs = 1, ValidationFraction = 0 },
                data).Run(cancellation: TestContext.Current.CancellationToken);
            return [.. encoder.Lora.Tensors.SelectMany(t => t.Values.Span.ToArray()).Select(v => (double)v)];
        }

        Near.Norm(Weights(1000), Weights(10), 1e-3);
    }

    [Theory]
    [InlineData(ClipTower.Text)]
    [InlineData(ClipTower.Image)]
    public void Ranks_give_the_weights_of_one_process(ClipTower tower)
    {
        var options = Options with { ChunkSize = 10, Epochs = 2, TokenWeight = 0 };
        double[] Weights(Ranks.ThreadRanks? ranks)
        {
            var (data, encoder) = Data(tower, tokens: false);
            new AlignmentTrainer(options, data, ranks, CsAligner.Ranks.RowExchange.Gather).Run();
            return [.. encoder.Lora.Tensors.SelectMany(t => t.Values.Span.ToArray()).Select(v => (double)v)];
        }

        double[] alone = Weights(null);
        foreach (double[] shared in Ranks.ThreadRanks.Run(3, Weights)) Near.Norm(alone, shared, 1e-3);
    }

    [Fact]
    public void A_run_cut_off_and_resumed_ends_with_the_same_bits()
    {
        float[] Weights(ClipEncoder encoder) => [.. encoder.Lora.Tensors.SelectMany(t => t.Values.Span.ToArray())];
        var (data, expected) = Data(ClipTower.Text, tokens: false);
        var options = Options with { TokenWeight = 0 };
        new AlignmentTrainer(options, data).Run(cancellation: TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        (data, _) = Data(ClipTower.Text, tokens: false);
        var cut = new AlignmentTrainer(options, data) { StepDone = step => { if (step == 3) stop.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => cut.Run(_folder["c"], cancellation: stop.Token));
        (data, var resumed) = Data(ClipTower.Text, tokens: false);
        Assert.True(new AlignmentTrainer(options, data).Run(_folder["c"], resume: true,
            cancellation: TestContext.Current.CancellationToken).Resumed);
        Assert.Equal(Weights(expected), Weights(resumed));
    }

    [Fact]
    public void Raw_trains_nothing_inside_of_an_encoder_either()
    {
        var (data, encoder) = Data(ClipTower.Text, tokens: false);
        var result = new AlignmentTrainer(Options with { TokenWeight = 0, Objective = AlignmentObjective.Raw },
            data).Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Single(result.Epochs);
        Assert.All(encoder.Lora.Tensors.Where(t => t.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)),
            t => Assert.All(t.Values.Span.ToArray(), v => Assert.Equal(0, v)));
    }

    [Fact]
    public void An_encoder_of_other_samples_is_refused()
    {
        var (data, encoder) = Data(ClipTower.Text, tokens: false);
        var shorter = new AlignmentData(Clouds.Flat(20, 12, 1, 0), Clouds.Flat(20, 12, 2, 0)) { TextEncoder = encoder };
        Assert.Contains("120 samples",
            Assert.Throws<InputException>(() => new AlignmentTrainer(Options with { TokenWeight = 0 }, shorter)).Message,
            StringComparison.Ordinal);
        Assert.Contains("training only image",
            Assert.Throws<InputException>(() =>
                new AlignmentTrainer(Options with { TokenWeight = 0, Train = TrainedSide.Image }, data)).Message, StringComparison.Ordinal);
        Assert.Contains("choose them on the frozen features first",
            Assert.Throws<InputException>(() =>
                new AutomaticChoice(Options with { TokenWeight = 0 }, data).Choose(true, true, null,
                    TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    private (AlignmentData Data, ClipEncoder Encoder) Data(ClipTower tower, bool tokens)
    {
        var model = ClipModel.Create(
            new ClipConfig
            {
                ProjectionWidth = 12,
                Vision = new TransformerConfig { Width = 24, MlpWidth = 48, Layers = 2, Heads = 2 },
                Text = new TransformerConfig { Width = 24, MlpWidth = 48, Layers = 2, Heads = 3 },
                VocabularySize = _tokenizer.VocabularySize,
                ContextLength = 12,
                EndToken = _tokenizer.EndId,
                ImageSize = Side,
                PatchSize = 4,
            },
            new RandomGenerator(5));
        string[] texts = [.. Enumerable.Range(0, Count + Held).Select(i => _pairs.Captions(i)[0])];
        var embedder = new ClipEmbedder(model, _preprocessing, _tokenizer);
        Tensor images = embedder.EmbedImages(texts.Length, _pairs.ReadImage), words = embedder.EmbedTexts(texts);
        var lora = ClipLora.Attach(model, new LoraOptions { Tower = tower, Rank = 2, Alpha = 4 }, new RandomGenerator(6));
        var encoder = tower == ClipTower.Text
            ? new ClipEncoder(model, lora, _tokenizer.EncodeBatch(texts, model.Config.ContextLength))
            : new ClipEncoder(model, lora, _preprocessing, texts.Length, _pairs.ReadImage, "noise");
        var frozen = new AlignmentData(CsAligner.Evaluation.FeatureRows.Range(images, 0, Count),
            CsAligner.Evaluation.FeatureRows.Range(words, 0, Count))
        {
            ValidationImages = CsAligner.Evaluation.FeatureRows.Range(images, Count, Count + Held),
            ValidationTexts = CsAligner.Evaluation.FeatureRows.Range(words, Count, Count + Held),
        };
        ITokenSource? other = tokens ? new OneToken(tower == ClipTower.Text ? frozen.Images : frozen.Texts) : null;
        return (tower == ClipTower.Text
            ? frozen with { TextEncoder = encoder, ImageTokens = other }
            : frozen with { ImageEncoder = encoder, TextTokens = other }, encoder);
    }

    /// <summary>The frozen side's features as tokens.</summary>
    private sealed class OneToken(Tensor rows) : ITokenSource
    {
        public int Count => rows.Rows;

        public int Width => rows.Width;

        public int Length(int row) => 1;

        public void Read(int row, Span<float> tokens) => rows.Span.Slice(row * rows.Width, rows.Width).CopyTo(tokens);
    }
}
