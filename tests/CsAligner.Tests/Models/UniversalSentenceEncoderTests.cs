using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tests.Models;

/// <summary>On a model of small sizes; the published weights are measured where packages can be fetched.</summary>
public sealed class UniversalSentenceEncoderTests
{
    private static readonly string s_golden = Path.Combine(AppContext.BaseDirectory, "Golden", "sentence-encoder");
    private static readonly string s_small = Path.Combine(s_golden, "small");

    [Fact]
    public void Features_are_those_of_the_published_JavaScript()
    {
        var encoder = UniversalSentenceEncoder.Load(s_small);
        string[] texts = Texts();
        List<int> done = [];
        Tensor features = encoder.EmbedTexts(texts, done.Add, TestContext.Current.CancellationToken),
            expected = Npy.ReadTensor(Path.Combine(s_small, "features.npy"));
        Assert.Equal((24, 12), (encoder.Width, encoder.ContextLength));
        Assert.Equal(expected.Shape, features.Shape);
        Assert.Equal(texts.Length, done[^1]);
        Assert.True(done.Count > 1, "All texts were one batch: the batches are not checked.");
        for (int i = 0; i < features.Length; i++)
            Assert.Equal(expected.Span[i], features.Span[i], 1e-5);
    }

    [Fact]
    public void A_text_alone_has_the_features_it_has_among_others()
    {
        var encoder = UniversalSentenceEncoder.Load(s_small);
        string[] texts = Texts();
        var features = encoder.EmbedTexts(texts, null, TestContext.Current.CancellationToken);
        for (int i = 0; i < texts.Length; i += 5)
        {
            var alone = encoder.EmbedTexts([texts[i]], null, TestContext.Current.CancellationToken);
            for (int j = 0; j < encoder.Width; j++) Assert.Equal(alone.Span[j], features.Span[(i * encoder.Width) + j], 1e-6);
        }
    }

    [Fact]
    public void No_texts_have_no_rows_and_empty_texts_have_one_each()
    {
        var encoder = UniversalSentenceEncoder.Load(s_small);
        Assert.Equal([0, 24], encoder.EmbedTexts([], null, TestContext.Current.CancellationToken).Shape.ToArray());
        var two = encoder.EmbedTexts(["", ""], null, TestContext.Current.CancellationToken);
        Assert.Equal(two.Span[..24], two.Span[24..]);
        Assert.Equal(1, System.Numerics.Tensors.TensorPrimitives.Norm<float>(two.Span[..24]), 1e-5);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        var encoder = UniversalSentenceEncoder.Load(s_small);
        int before = Compute.Threads;
        try
        {
            Compute.Threads = 1;
            var one = encoder.EmbedTexts(Texts(), null, TestContext.Current.CancellationToken);
            Compute.Threads = 3;
            Assert.Equal(one.Span, encoder.EmbedTexts(Texts(), null, TestContext.Current.CancellationToken).Span);
        }
        finally
        {
            Compute.Threads = before;
        }
    }

    [Fact]
    public void Batches_of_a_size_asked_for_come_in_order_and_words_are_refused()
    {
        var encoder = UniversalSentenceEncoder.Load(s_small);
        List<(int First, int Rows)> batches = [];
        encoder.EmbedTexts(Texts()[..10], tokens: false, batch => batches.Add((batch.First, batch.Features.Rows)), 4,
            TestContext.Current.CancellationToken);
        Assert.Equal([(0, 4), (4, 4), (8, 2)], batches);
        Assert.Throws<NotSupportedException>(() =>
            encoder.EmbedTexts(["a"], tokens: true, _ => { }, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_cancellation_ends_the_work()
    {
        using var cancellation = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => UniversalSentenceEncoder.Load(s_small)
            .EmbedTexts(Texts(), _ => cancellation.Cancel(), cancellation.Token));
    }

    [Theory]
    [InlineData("tanh_layer_0/bias", "other", "no tensor")]
    [InlineData("\"shape\":[24,24]", "\"shape\":[12,48]", "shape [12, 48]")]
    [InlineData("qkv_transform_single/kernel", "other/kernel", "no tensor")]
    public void Another_model_is_refused_by_name(string from, string to, string said)
    {
        using var folder = Copy();
        string manifest = JsonNode.Parse(File.ReadAllText(folder["model.json"]))!.ToJsonString(),
            changed = manifest.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(manifest, changed);
        File.WriteAllText(folder["model.json"], changed);
        var failure = Assert.Throws<InputException>(() => UniversalSentenceEncoder.Load(folder.Path));
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.Contains("model.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_larger_than_the_model_is_refused()
    {
        using var folder = Copy();
        File.WriteAllText(folder["vocab.json"], "[" + string.Join(',', Enumerable.Range(0, 203).Select(i => $"[\"p{i}\",-1]")) + "]");
        Assert.Contains("203 pieces", Assert.Throws<InputException>(() => UniversalSentenceEncoder.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_no_numbers_are_refused()
    {
        using var folder = Copy();
        byte[] shard = File.ReadAllBytes(folder["shard1"]);
        BitConverter.GetBytes(float.NaN).CopyTo(shard, 64);
        File.WriteAllBytes(folder["shard1"], shard);
        Assert.Contains("not numbers", Assert.Throws<InputException>(() => UniversalSentenceEncoder.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_model_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(folder.Path, Assert.Throws<InputException>(() => UniversalSentenceEncoder.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private static TemporaryFolder Copy()
    {
        var folder = new TemporaryFolder();
        folder.CopyFrom(s_small);
        return folder;
    }

    private static string[] Texts() => JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(s_golden, "texts.json")))!;
}
