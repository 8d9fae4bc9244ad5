using System.Text.Json.Nodes;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests;

/// <summary>Each family against PyTorch: what is read from its files must be right without a word from the caller.</summary>
public sealed class FamilyTests
{
    [Fact]
    public async Task SigLip_squeezes_pictures_into_a_square_takes_half_precision_and_reads_padding_as_text()
    {
        await OnnxNeeds.RuntimeAsync();
        using var golden = new GoldenFeatures("siglip-tiny");
        var folder = OnnxModelFolder.Open(Path.Combine(OnnxNeeds.Golden, "siglip-tiny"), null);
        var options = new OnnxOptions();
        using var vision = new OnnxImageEncoder(OnnxGraph.Open(folder.Vision!, options), folder, options);
        GoldenFeatures.AssertNear(golden.Features("image_features"), vision.EmbedImages(golden.Pictures, golden.Reader(vision), null, TestContext.Current.CancellationToken), 1e-3f);

        // The golden ids without the padding that the graph's fixed length wants.
        int[][] rows = golden.Ids();
        var tokens = new GivenTokens([.. rows.Select(row => row[..(Array.IndexOf(row, 1) + 1)])], 1);
        using var text = new OnnxTextEncoder(OnnxGraph.Open(folder.Text!, options), folder, options, tokens);
        Assert.Equal(12, text.ContextLength);
        GoldenFeatures.AssertNear(golden.Features("text_features"), text.EmbedTexts(["0", "1", "2"], null, TestContext.Current.CancellationToken), 1e-5f);
    }

    [Fact]
    public async Task DinoV2_crops_and_gives_the_class_token_and_a_fixed_batch_is_filled_up()
    {
        await OnnxNeeds.RuntimeAsync();
        using var golden = new GoldenFeatures("dinov2-tiny");
        using var model = FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "dinov2-tiny"));
        Assert.Null(model.Texts);
        Assert.Equal(("dinov2-tiny", 32), (model.Name, model.Images!.Width));
        Assert.Equal(3, golden.Pictures);
        GoldenFeatures.AssertNear(golden.Features("image_features"), model.Images.EmbedImages(3, golden.Reader(model.Images), null, TestContext.Current.CancellationToken), 1e-5f);
        using var means = FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "dinov2-tiny", "model.onnx"), new OnnxOptions { Pooling = OnnxPooling.Mean });
        GoldenFeatures.AssertNear(golden.Features("image_means"), means.Images!.EmbedImages(3, golden.Reader(means.Images!), null, TestContext.Current.CancellationToken), 1e-5f);
    }

    [Theory]
    [InlineData(OnnxPooling.Auto, "mean", false)]
    [InlineData(OnnxPooling.Mean, "mean", true)]
    [InlineData(OnnxPooling.Cls, "cls", false)]
    [InlineData(OnnxPooling.Last, "last", false)]
    [InlineData(OnnxPooling.Last, "last", true)]
    [InlineData(OnnxPooling.Max, "max", false)]
    public async Task Sentence_encoders_pool_without_padding(OnnxPooling pooling, string expected, bool batchesOfTwo)
    {
        await OnnxNeeds.RuntimeAsync();
        var (golden, folder, tokens) = Sentences();
        using (golden)
        {
            var options = new OnnxOptions { Pooling = pooling };
            using var encoder = new OnnxTextEncoder(OnnxGraph.Open(folder.Whole!, options), folder, options, tokens);
            Assert.Equal((24, 16), (encoder.Width, encoder.ContextLength));
            var features = new Tensor(6, 24);
            encoder.EmbedTexts(["0", "1", "2", "3", "4", "5"], false, batch => batch.Features.Span.CopyTo(features.Span[(batch.First * 24)..]), batchesOfTwo ? 2 : null, TestContext.Current.CancellationToken);
            GoldenFeatures.AssertNear(golden.Features(expected), features, 1e-5f);
        }
    }

    [Fact]
    public async Task A_folder_of_a_sentence_encoder_takes_texts_as_they_are()
    {
        await OnnxNeeds.RuntimeAsync();
        using var golden = new GoldenFeatures("sentence-tiny");
        using var model = FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        Assert.Null(model.Images);
        string[] texts = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(OnnxNeeds.Golden, "sentence-tiny", "texts.json"), TestContext.Current.CancellationToken))!.AsArray().Select(text => text!.GetValue<string>()).ToArray();
        GoldenFeatures.AssertNear(golden.Features("mean"), model.Texts!.EmbedTexts(texts, null, TestContext.Current.CancellationToken), 1e-5f);
    }

    [Fact]
    public async Task A_graph_of_32_bit_integers_says_in_its_own_metadata_how_it_is_pooled()
    {
        await OnnxNeeds.RuntimeAsync();
        var (golden, _, tokens) = Sentences();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        Directory.Delete(copy["1_Pooling"], recursive: true);
        var folder = OnnxModelFolder.Open(copy.Path, "int32");
        var options = new OnnxOptions();
        using (golden)
        {
            using var encoder = new OnnxTextEncoder(OnnxGraph.Open(folder.Whole!, options), folder, options, tokens);
            GoldenFeatures.AssertNear(golden.Features("cls"), encoder.EmbedTexts(["0", "1", "2", "3", "4", "5"], null, TestContext.Current.CancellationToken), 1e-5f);
        }

        // The other graph says nothing, and nobody else does now.
        var silent = OnnxModelFolder.Open(copy.Path, null);
        using var graph = OnnxGraph.Open(silent.Whole!, options).Session;
        string message = Assert.Throws<InputException>(() => new OnnxTextEncoder(OnnxGraph.Open(silent.Whole!, options), silent, options, tokens)).Message;
        Assert.Contains("say how: mean, cls, last, max or pooler", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_that_are_not_done_and_outputs_that_are_not_there_are_named()
    {
        await OnnxNeeds.RuntimeAsync();
        var (golden, _, tokens) = Sentences();
        golden.Dispose();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        Assert.Contains("there is no output 'x'; its outputs are last_hidden_state float32 [?, ?, 24]", Failure(new OnnxOptions { TextOutput = "x" }), StringComparison.Ordinal);
        Assert.Contains("there is no input 'x'; its inputs are input_ids int64 [?, ?]", Failure(new OnnxOptions { TextInput = "x" }), StringComparison.Ordinal);
        Assert.Contains("there is no output 'pooler_output'", Failure(new OnnxOptions { Pooling = OnnxPooling.Pooler }), StringComparison.Ordinal);
        Assert.Contains("positions for 20 tokens, 21 were asked for", Failure(new OnnxOptions { ContextLength = 21 }), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], """[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}, {"type": "sentence_transformers.models.Dense"}]""");
        Assert.Contains("would go on with \"Dense\"", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], "[");
        Assert.Contains("modules.json: not valid JSON", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], """[{"type": "\ud800"}]""");
        Assert.Contains("modules.json: not valid JSON", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], "{}");
        Assert.Contains("modules.json: expected a JSON array", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], """[{"type": "Pooling", "path": "a\u0000b"}]""");
        Assert.Contains("nothing says how", Failure(new OnnxOptions()), StringComparison.Ordinal);
        foreach (string text in (string[])["[]", "7", """{"model_type": "\ud800"}"""])
        {
            File.WriteAllText(copy["config.json"], text);
            Assert.Matches("config.json: (expected a JSON object|not valid JSON)", Failure(new OnnxOptions()));
        }
        Assert.Contains("expected model_fp16.onnx, or vision_model_fp16.onnx and text_model_fp16.onnx; it has model.onnx, model_int32.onnx", Assert.Throws<InputException>(() => FrozenEncoders.Load(copy.Path, new OnnxOptions { Variant = "fp16" })).Message, StringComparison.Ordinal);

        string Failure(OnnxOptions options)
        {
            string message = Assert.Throws<InputException>(() =>
            {
                var folder = OnnxModelFolder.Open(copy.Path, null);
                var graph = OnnxGraph.Open(folder.Whole!, options);
                using var session = graph.Session;
                _ = new OnnxTextEncoder(graph, folder, options, tokens);
            }).Message;
            Assert.DoesNotContain('\n', message);
            return message;
        }
    }

    private static (GoldenFeatures Golden, OnnxModelFolder Folder, GivenTokens Tokens) Sentences()
    {
        var golden = new GoldenFeatures("sentence-tiny");
        long[] lengths = golden.Numbers("lengths");
        return (golden, OnnxModelFolder.Open(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"), null), new GivenTokens([.. golden.Ids().Zip(lengths, (row, length) => row[..(int)length])], 0));
    }
}
