using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tests.Training;

namespace CsAligner.Tests.Models;

/// <summary>Features in batches, read ahead, are those of one image or text alone.</summary>
public sealed class ClipEmbedderTests
{
    private const int Images = 150, Side = 16;

    private static readonly ClipConfig Config = new()
    {
        ProjectionWidth = 12,
        Vision = new TransformerConfig { Width = 24, MlpWidth = 48, Layers = 2, Heads = 2 },
        Text = new TransformerConfig { Width = 24, MlpWidth = 48, Layers = 2, Heads = 3 },
        VocabularySize = 700,
        ContextLength = 12,
        EndToken = 699,
        ImageSize = Side,
        PatchSize = 4,
    };

    private readonly NoisePairs _pairs = new(Images);
    private readonly ImagePreprocessing _preprocessing = new(Side, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);
    private readonly CsAligner.Tokenizers.ClipTokenizer _tokenizer = NoisePairs.Tokenizer(700);
    private readonly ClipModel _model;
    private readonly ClipEmbedder _embedder;

    public ClipEmbedderTests()
    {
        _model = ClipModel.Create(Config with { VocabularySize = _tokenizer.VocabularySize, EndToken = _tokenizer.EndId },
            new RandomGenerator(5));
        _embedder = new ClipEmbedder(_model, _preprocessing, _tokenizer);
    }

    [Fact]
    public void Images_in_batches_have_the_features_of_each_alone()
    {
        List<int> read = [], done = [];
        var features = _embedder.EmbedImages(Images, (i, rgb) =>
        {
            read.Add(i);
            _pairs.ReadImage(i, rgb);
        }, done.Add, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, Images), read);
        Assert.Equal(Images, done[^1]);
        Assert.True(done.Count > 1);
        var rgb = new byte[3 * Side * Side];
        foreach (int i in (int[])[0, 1, 59, 60, 61, Images - 1])
        {
            _pairs.ReadImage(i, rgb);
            using var tape = Tape.Inference();
            var pixels = new Tensor(1, 3, Side, Side);
            _preprocessing.Normalize(rgb, pixels);
            AssertNear(tape.Normalize(_model.Vision.Encode(tape, pixels)).Span, features.Span.Slice(i * 12, 12));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Features_that_are_not_finite_name_their_sample(bool tokens)
    {
        // The token of "zz" alone is beyond all bounds; its weights are finite.
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => i == 33 ? "zz" : "a b")];
        int[] odd = [.. _tokenizer.Encode("zz").Except(_tokenizer.Encode("a b"))];
        Assert.NotEmpty(odd);
        var table = _model.NamedTensors.First(tensor => tensor.Name.EndsWith("token_embedding.weight", StringComparison.Ordinal)).Values;
        foreach (int id in odd) table.Span.Slice(id * table.Width, table.Width).Fill(float.MaxValue);
        var failure =
            Assert.Throws<UnusableFeaturesException>(() =>
                _embedder.EmbedTexts(texts, tokens, _ => { }, 8, TestContext.Current.CancellationToken));
        Assert.Equal((33, false), (failure.Sample, failure.IsZero));
        Assert.Contains("sample 34: the model's features for it are not finite", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the text 'zz'",
            Assert.Throws<UnusableFeaturesException>(() =>
                _embedder.EmbedTexts(texts, null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_in_batches_have_the_features_of_each_alone()
    {
        string[] texts = [.. Enumerable.Range(0, 500).Select(i => _pairs.Captions(i % Images)[i % 2])];
        List<int> done = [];
        var features = _embedder.EmbedTexts(texts, done.Add, TestContext.Current.CancellationToken);
        Assert.Equal(texts.Length, done[^1]);
        Assert.True(done.Count > 1);
        for (int i = 0; i < texts.Length; i += 7)
        {
            using var tape = Tape.Inference();
            int[] ids = _tokenizer.EncodeBatch([texts[i]], Config.ContextLength).Ids;
            AssertNear(tape.Normalize(_model.Text.Encode(tape, ids, 1)).Span, features.Span.Slice(i * 12, 12));
        }
    }

    [Fact]
    public void What_the_reader_throws_and_a_cancellation_end_the_work()
    {
        var failure =
            Assert.Throws<InputException>(() =>
                _embedder.EmbedImages(Images, (i, _) => Fail(i), null, TestContext.Current.CancellationToken));
        Assert.Equal("image 100 is damaged", failure.Message);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _embedder.EmbedImages(Images, (_, _) => { }, _ => stop.Cancel(), stop.Token));
        Assert.Equal(0, _embedder.EmbedImages(0, (_, _) => { }, null, TestContext.Current.CancellationToken).Rows);
        Assert.Equal(0, _embedder.EmbedTexts([], null, TestContext.Current.CancellationToken).Rows);

        static void Fail(int image)
        {
            if (image == 100) throw new InputException("image 100 is damaged");
        }
    }

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5f);
    }
}
