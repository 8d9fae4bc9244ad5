using System.Text.Json.Nodes;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests;

/// <summary>Each family against PyTorch: what is read from its files must be right without a word from the caller.</summary>
public sealed class FamilyTests
{
    [Fact]
    public void SigLip_squeezes_pictures_into_a_square_takes_half_precision_and_reads_padding_as_text()
    {
        using var golden = new GoldenFeatures("siglip-tiny");
        var folder = OnnxModelFolder.Open(Path.Combine(OnnxNeeds.Golden, "siglip-tiny"), null);
        var options = new OnnxOptions();
        using var vision = new OnnxImageEncoder(OnnxGraph.Open(folder.Vision!, options), folder, options);
        GoldenFeatures.AssertNear(golden.Features("image_features"),
            vision.EmbedImages(golden.Pictures, golden.Reader(vision), null, TestContext.Current.CancellationToken), 1e-3f);

        // The golden ids without the padding that the graph's fixed length wants.
        int[][] rows = golden.Ids();
        var tokens = new GivenTokens([.. rows.Select(row => row[..(Array.IndexOf(row, 1) + 1)])], 1);
        using var text = new OnnxTextEncoder(OnnxGraph.Open(folder.Text!, options), folder, options, tokens);
        Assert.Equal(12, text.ContextLength);
        GoldenFeatures.AssertNear(golden.Features("text_features"),
            text.EmbedTexts(["0", "1", "2"], null, TestContext.Current.CancellationToken), 1e-5f);
    }

    [Fact]
    public void DinoV2_crops_and_gives_the_class_token_and_a_fixed_batch_is_filled_up()
    {
        using var golden = new GoldenFeatures("dinov2-tiny");
        using var model = FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "dinov2-tiny"));
        Assert.Null(model.Texts);
        Assert.Equal(("dinov2-tiny", 32), (model.Name, model.Images!.Width));
        Assert.Equal(3, golden.Pictures);
        GoldenFeatures.AssertNear(golden.Features("image_features"),
            model.Images.EmbedImages(3, golden.Reader(model.Images), null, TestContext.Current.CancellationToken), 1e-5f);
        using var means =
            FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "dinov2-tiny", "model.onnx"),
                new OnnxOptions { Pooling = OnnxPooling.Mean });
        GoldenFeatures.AssertNear(golden.Features("image_means"),
            means.Images!.EmbedImages(3, golden.Reader(means.Images!), null, TestContext.Current.CancellationToken), 1e-5f);
    }

    [Theory]
    [InlineData(OnnxPooling.Auto, "mean", false)]
    [InlineData(OnnxPooling.Mean, "mean", true)]
    [InlineData(OnnxPooling.Cls, "cls", false)]
    [InlineData(OnnxPooling.Last, "last", false)]
    [InlineData(OnnxPooling.Last, "last", true)]
    [InlineData(OnnxPooling.Max, "max", false)]
    public void Sentence_encoders_pool_without_padding(OnnxPooling pooling, string expected, bool batchesOfTwo)
    {
        var (golden, folder, tokens) = Sentences();
        using (golden)
        {
            var options = new OnnxOptions { Pooling = pooling };
            using var encoder = new OnnxTextEncoder(OnnxGraph.Open(folder.Whole!, options), folder, options, tokens);
            Assert.Equal((24, 16), (encoder.Width, encoder.ContextLength));
            var features = new Tensor(6, 24);
            encoder.EmbedTexts(["0", "1", "2", "3", "4", "5"], false,
                batch => batch.Features.Span.CopyTo(features.Span[(batch.First * 24)..]), batchesOfTwo ? 2 : null,
                TestContext.Current.CancellationToken);
            GoldenFeatures.AssertNear(golden.Features(expected), features, 1e-5f);
        }
    }

    [Fact]
    public async Task A_folder_of_a_sentence_encoder_takes_texts_as_they_are()
    {
        using var golden = new GoldenFeatures("sentence-tiny");
        using var model = FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        Assert.Null(model.Images);
        string[] texts =
            JsonNode.Parse(
                await File.ReadAllTextAsync(Path.Combine(OnnxNeeds.Golden, "sentence-tiny", "texts.json"),
                    TestContext.Current.CancellationToken))!.AsArray().Select(text => text!.GetValue<string>()).ToArray();
        GoldenFeatures.AssertNear(golden.Features("mean"),
            model.Texts!.EmbedTexts(texts, null, TestContext.Current.CancellationToken), 1e-5f);
    }

    [Fact]
    public void A_graph_of_32_bit_integers_says_in_its_own_metadata_how_it_is_pooled()
    {
        var (golden, _, tokens) = Sentences();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        Directory.Delete(copy["1_Pooling"], recursive: true);
        var folder = OnnxModelFolder.Open(copy.Path, "int32");
        var options = new OnnxOptions();
        using (golden)
        {
            using var encoder = new OnnxTextEncoder(OnnxGraph.Open(folder.Whole!, options), folder, options, tokens);
            GoldenFeatures.AssertNear(golden.Features("cls"),
                encoder.EmbedTexts(["0", "1", "2", "3", "4", "5"], null, TestContext.Current.CancellationToken), 1e-5f);
        }

        // The other graph says nothing, and nobody else does now.
        var silent = OnnxModelFolder.Open(copy.Path, null);
        using var graph = OnnxGraph.Open(silent.Whole!, options).Session;
        string message =
            Assert.Throws<InputException>(() =>
                new OnnxTextEncoder(OnnxGraph.Open(silent.Whole!, options), silent, options, tokens)).Message;
        Assert.Contains("set the pooling to mean, cls, last, max or pooler", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_that_are_not_done_and_outputs_that_are_not_there_are_named()
    {
        var (golden, _, tokens) = Sentences();
        golden.Dispose();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        Assert.Contains("there is no output 'x'; its outputs are last_hidden_state float32 [?, ?, 24]",
            Failure(new OnnxOptions { TextOutput = "x" }), StringComparison.Ordinal);
        Assert.Contains("there is no input 'x'; its inputs are input_ids int64 [?, ?]", Failure(new OnnxOptions { TextInput = "x" }),
            StringComparison.Ordinal);
        Assert.Contains("there is no output 'pooler_output'", Failure(new OnnxOptions { Pooling = OnnxPooling.Pooler }),
            StringComparison.Ordinal);
        Assert.Contains("positions for 20 tokens, not 21", Failure(new OnnxOptions { ContextLength = 21 }),
            StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"],
            """[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}, {"type": "sentence_transformers.models.Dense"}]""");
        Assert.Contains("adds the step \"Dense\"", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], "[");
        Assert.Contains("modules.json: not valid JSON", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], """[{"type": "\ud800"}]""");
        Assert.Contains("modules.json: not valid JSON", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], "{}");
        Assert.Contains("modules.json: expected a JSON array", Failure(new OnnxOptions()), StringComparison.Ordinal);
        File.WriteAllText(copy["modules.json"], """[{"type": "Pooling", "path": "a\u0000b"}]""");
        Assert.Contains("no file says how", Failure(new OnnxOptions()), StringComparison.Ordinal);
        foreach (string text in (string[])["[]", "7", """{"model_type": "\ud800"}"""])
        {
            File.WriteAllText(copy["config.json"], text);
            Assert.Matches("config.json: (expected a JSON object|not valid JSON)", Failure(new OnnxOptions()));
        }
        Assert.Contains("expected model_fp16.onnx, or vision_model_fp16.onnx and text_model_fp16.onnx; it has model.onnx, model_int32.onnx",
            Assert.Throws<InputException>(() => FrozenEncoders.Load(copy.Path, new OnnxOptions { Variant = "fp16" })).Message,
            StringComparison.Ordinal);

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

    [Theory]
    [InlineData("""{"embedding_dimension": 24, "pooling_mode": "mean", "include_prompt": true}""", "mean", null)]
    [InlineData("""{"embedding_dimension": 24, "pooling_mode": "cls"}""", "cls", null)]
    [InlineData("""{"word_embedding_dimension": 24, "pooling_mode_lasttoken": true, "pooling_mode_cls_token": false, "include_prompt": false}""", "last", null)]
    [InlineData("""{"pooling_mode": "weightedmean"}""", null, "pooling other than")]
    [InlineData("""{"pooling_mode": ["mean", "cls"]}""", null, "pooling other than")]
    [InlineData("""{"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true}""", null, "pooling other than")]
    [InlineData("""{"pooling_mode_mean_tokens": true, "pooling_mode_median": true}""", null,
        "config.json: \"pooling_mode_median\" is true, a setting that is not supported")]
    public void Poolings_of_all_versions_of_sentence_transformers_are_read(string config, string? feature, string? refused)
    {
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        File.WriteAllText(copy["1_Pooling/config.json"], config);
        SameOrRefused(copy, feature, refused);
    }

    [Theory]
    [InlineData("sentence_bert_config.json", """{"max_seq_length": 16, "do_lower_case": false}""", "mean", null)]
    [InlineData("sentence_bert_config.json",
        """{"max_seq_length": 16, "transformer_task": "feature-extraction", "modality_config": {"text": {"method": "forward"}}, "module_output_name": "token_embeddings"}""", "mean", null)]
    [InlineData("sentence_bert_config.json", """{"max_seq_length": 16, "reverse_words": true}""", null,
        "sentence_bert_config.json: \"reverse_words\" is true")]
    [InlineData("config_sentence_transformers.json",
        """{"__version__": {"pytorch": "2.4"}, "prompts": {"query": "q: "}, "default_prompt_name": null, "similarity_fn_name": "cosine"}""",
        "mean", null)]
    [InlineData("config_sentence_transformers.json", """{"prompts": {"query": "q: "}, "default_prompt_name": "passage"}""", null,
        "default_prompt_name is \"passage\", but prompts has no string with that name")]
    [InlineData("config_sentence_transformers.json", """{"prompts": {}, "whiten": true}""", null,
        "config_sentence_transformers.json: \"whiten\" is true")]
    [InlineData("modules.json",
        """[{"type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, {"path": "2"}]""", null, "an unnamed step")]
    public void What_sentence_transformers_does_beside_the_graph_is_done_or_refused(string file, string text, string? feature,
        string? refused)
    {
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        File.WriteAllText(copy[file], text);
        SameOrRefused(copy, feature, refused);
    }

    [Fact]
    public void A_prompt_stands_before_each_text_and_letters_become_small_where_the_folder_says_so()
    {
        using var copy = new TemporaryFolder();
        copy.CopyFrom(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"));
        string[] texts = JsonNode.Parse(File.ReadAllText(copy["texts.json"]))!.AsArray().Select(text => text!.GetValue<string>()).ToArray();
        Tensor Embed(IEnumerable<string> given)
        {
            using var model = FrozenEncoders.Load(copy.Path);
            return model.Texts!.EmbedTexts([.. given], null, TestContext.Current.CancellationToken);
        }

        Tensor plain = Embed(texts), expected = Embed(texts.Select(text => texts[1] + text));
        File.WriteAllText(copy["config_sentence_transformers.json"],
            new JsonObject { ["prompts"] = new JsonObject { ["query"] = texts[1] }, ["default_prompt_name"] = "query" }.ToJsonString());
        Tensor prompted = Embed(texts);
        Assert.Equal(expected.Span.ToArray(), prompted.Span.ToArray());
        Assert.NotEqual(plain.Span.ToArray(), prompted.Span.ToArray());
        File.WriteAllText(copy["1_Pooling/config.json"], """{"pooling_mode": "mean", "include_prompt": false}""");
        Assert.Contains("include_prompt is false", Assert.Throws<InputException>(() => FrozenEncoders.Load(copy.Path)).Message,
            StringComparison.Ordinal);
        File.Delete(copy["config_sentence_transformers.json"]);
        File.WriteAllText(copy["tokenizer.json"],
            File.ReadAllText(copy["tokenizer.json"]).Replace("\"lowercase\": true", "\"lowercase\": false", StringComparison.Ordinal));
        Tensor large = Embed(texts.Select(text => text.ToUpperInvariant()));
        Assert.NotEqual(plain.Span.ToArray(), large.Span.ToArray());
        File.WriteAllText(copy["sentence_bert_config.json"], """{"max_seq_length": 16, "do_lower_case": true}""");
        Assert.Equal(plain.Span.ToArray(), Embed(texts.Select(text => text.ToUpperInvariant())).Span.ToArray());
    }

    private static void SameOrRefused(TemporaryFolder copy, string? feature, string? refused)
    {
        var (golden, _, tokens) = Sentences();
        using (golden)
        {
            var failure = Record.Exception(() =>
            {
                var folder = OnnxModelFolder.Open(copy.Path, null);
                var graph = OnnxGraph.Open(folder.Whole!, new OnnxOptions());
                using var session = graph.Session;
                using var encoder = new OnnxTextEncoder(graph, folder, new OnnxOptions(), tokens);
                GoldenFeatures.AssertNear(golden.Features(feature!),
                    encoder.EmbedTexts(["0", "1", "2", "3", "4", "5"], null, TestContext.Current.CancellationToken), 1e-5f);
            });
            if (refused is null) Assert.Null(failure);
            else Assert.Contains(refused, Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
        }
    }

    private static (GoldenFeatures Golden, OnnxModelFolder Folder, GivenTokens Tokens) Sentences()
    {
        var golden = new GoldenFeatures("sentence-tiny");
        long[] lengths = golden.Numbers("lengths");
        return (golden, OnnxModelFolder.Open(Path.Combine(OnnxNeeds.Golden, "sentence-tiny"), null),
            new GivenTokens([.. golden.Ids().Zip(lengths, (row, length) => row[..(int)length])], 0));
    }
}
