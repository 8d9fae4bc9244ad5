using CsAligner.Data.FeatureSets;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>With the model that ships; the reading of data is tested beside it.</summary>
public class EmbedVerbTests
{
    private static readonly string Model = Path.Combine(Repository.Root, "models", "icon-clip");

    private static readonly string[] Texts = ["arrow left", "coffee", "battery charging vertical", "red heart", "!"];

    [Fact]
    public void Texts_become_the_text_rows_and_word_tokens_of_a_feature_set()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["texts.txt"], "﻿" + string.Join("\r\n", Texts) + "\n");
        CommandLineRun run =
            CommandLineRun.Of("embed", "--model", Model, "--texts", folder["texts.txt"], "--out", folder["set"], "--tokens", "--batch-size",
                "2", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal((0, 5, "icon-clip"),
            (run.Json.GetProperty("images").GetInt32(), run.Json.GetProperty("texts").GetInt32(),
                FeatureSet.Open(folder["set"]).Info!.Encoder));
        Tensor rows = FeatureFile.ReadRows(folder["set"], Modality.Text),
            expected = ClipEmbedder.Load(Model).EmbedTexts(Texts, null, TestContext.Current.CancellationToken);
        for (int i = 0; i < rows.Length; i++) Assert.Equal(expected.Span[i], rows.Span[i], 1e-3f);
        Assert.Equal(Texts, FeatureSet.Open(folder["set"]).ReadMetadata().Select(row => row["caption"]!.GetValue<string>()));

        using TokenSet tokens = TokenSet.Open(folder["set"], Modality.Text);
        Assert.Equal((5, rows.Width), (tokens.Count, tokens.Width));
        Assert.Equal(run.Json.GetProperty("text_tokens").GetInt64(), Enumerable.Range(0, 5).Sum(row => (long)tokens.Length(row)));
        Assert.True(tokens.Length(2) >= 3);
        Assert.Contains("texts/s", run.Error);
    }

    // A weight that is no number; and one that is, with which no feature is.
    [Theory]
    [InlineData("text_projection.weight", float.NaN, "tensor 'text_projection.weight' holds NaN (value 0), every weight must be finite")]
    [InlineData("text_projection.weight", 3e38f, "the text 'arrow left': the model's features for it are not finite")]
    public void What_is_not_finite_is_named_and_nothing_is_written(string tensor, float value, string expected)
    {
        using var folder = new TemporaryFolder().CopyFrom(Model, "model");
        var writer = new SafeTensorsWriter();
        using (var file = SafeTensorsFile.Open(folder["model/model.safetensors"]))
        {
            foreach (string name in file.Names)
            {
                Tensor values = file.ReadTensor(name);
                if (name == tensor) values.Span[..values.Width].Fill(value);
                writer.Add(name, values);
            }
        }

        writer.Write(folder["model/model.safetensors"]);
        File.WriteAllLines(folder["texts.txt"], Texts);
        CommandLineRun run = CommandLineRun.Of("embed", "--model", folder["model"], "--texts", folder["texts.txt"], "--out", folder["set"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["set"])
            && Directory.EnumerateFiles(folder["set"], "*.npy", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public void A_folder_of_version_5_of_transformers_gives_the_same_rows()
    {
        using var folder = new TemporaryFolder().CopyFrom(Model, "model");
        File.WriteAllLines(folder["texts.txt"], Texts);
        string settings = File.ReadAllText(folder["model/preprocessor_config.json"]);
        File.Delete(folder["model/preprocessor_config.json"]);
        File.WriteAllText(folder["model/processor_config.json"],
            $$"""{"image_processor": {{settings}}, "processor_class": "CLIPProcessor"}""");
        Assert.Equal(Rows(Model), Rows(folder["model"]));

        float[] Rows(string model)
        {
            CommandLineRun run = CommandLineRun.Of("embed", "--model", model, "--texts", folder["texts.txt"], "--out", folder["set"]);
            Assert.True(run.ExitCode == 0, run.Error);
            return FeatureFile.ReadRows(folder["set"], Modality.Text).Span.ToArray();
        }
    }

    [Fact]
    public async Task A_stopped_run_leaves_the_older_set_as_it_was()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["one.txt"], ["coffee"]);
        File.WriteAllLines(folder["many.txt"], Enumerable.Range(0, 3000).Select(i => $"word {i}"));
        Assert.Equal(0,
            CommandLineRun.Of("embed", "--model", Model, "--texts", folder["one.txt"], "--out", folder["set"], "--tokens").ExitCode);
        string[] before = Files();
        using var stop = new CancellationTokenSource();
        CommandLineRun run = await CommandLineRun.OfAsync(
            ["embed", "--model", Model, "--texts", folder["many.txt"], "--out", folder["set"], "--tokens"],
            stop.Token,
            line =>
            {
                if (line.StartsWith("embedding texts", StringComparison.Ordinal)) stop.Cancel();
            });
        Assert.Equal(130, run.ExitCode);
        Assert.Equal(before, Files());
        Assert.Equal(1, FeatureFile.ReadRows(folder["set"], Modality.Text).Rows);

        string[] Files() => [.. Directory.GetFiles(folder["set"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Options_that_do_not_go_together_are_wrong_usage()
    {
        using var folder = new TemporaryFolder();
        Wrong("nothing to embed");
        Wrong("--data includes images and texts", "--data", folder.Path, "--texts", "x");
        Wrong("the icon splits are alignment, validation", "--data", "icons:test");
        Wrong("--batch-size", "--texts", "x", "--batch-size", "0");
        Wrong("--captions all needs --data with a set by name", "--texts", "x", "--captions", "all");
        Wrong("--captions all is for icons:SPLIT, emoji", "--data", folder.Path, "--captions", "all");
        Wrong("expected one or all, got 'two'", "--data", "icons:noto", "--captions", "two");
        Wrong("minilm embeds only texts: name an encoder of images", "--images", "x", "--model", "minilm");
        Wrong("minilm gives features of whole texts: leave out --tokens", "--texts", "x", "--tokens", "--model", "minilm");

        void Wrong(string expected, params string[] arguments)
        {
            string[] model = arguments.Contains("--model") ? [] : ["--model", Model];
            CommandLineRun run = CommandLineRun.Of(["embed", .. model, "--out", folder["set"], .. arguments]);
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.Error);
            Assert.False(Directory.Exists(folder["set"]));
        }
    }

    [Fact]
    public void A_bad_input_is_one_line_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["gap.txt"], "one\n\ntwo\n");
        File.WriteAllBytes(folder["latin.txt"], [.. "caf"u8, 0xE9, (byte)'\n']);
        File.WriteAllText(folder["empty.txt"], "");
        Refused("gap.txt': line 2 is empty", "--texts", folder["gap.txt"]);
        Refused("latin.txt': line 1 is not UTF-8", "--texts", folder["latin.txt"]);
        Refused("empty.txt': the file is empty", "--texts", folder["empty.txt"]);
        Refused("missing.txt': there is no such file", "--texts", folder["missing.txt"]);
        Refused("it is a folder", "--texts", folder.Path);
        Refused("no file that ends in .png", "--images", folder.Path);
        Refused("there is no such folder", "--images", folder["missing"]);
        Refused("has no captions.tsv", "--data", folder.Path);
        Assert.Contains("no such folder",
            CommandLineRun.Of("embed", "--model", folder["no-model"], "--texts", folder["gap.txt"], "--out", folder["set"]).ErrorLine);

        void Refused(string expected, params string[] arguments)
        {
            CommandLineRun run = CommandLineRun.Of(["embed", "--model", Model, "--out", folder["set"], .. arguments]);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.ErrorLine);
            Assert.False(Directory.Exists(folder["set"]));
        }
    }
}
