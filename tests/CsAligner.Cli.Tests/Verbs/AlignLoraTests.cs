using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>LoRA from the command line: trained on a folder of pictures, kept as PEFT's files, merged, and embedded with.</summary>
public class AlignLoraTests
{
    private static readonly string Model = Path.Combine(Repository.Root, "models", "icon-clip");

    [Fact]
    public void Kept_and_merged_embed_alike_and_otherwise_than_the_model()
    {
        using var folder = new TemporaryFolder();
        SavePictures(folder);
        CommandLineRun run = CommandLineRun.Of(
            "align", "--model", Model, "--data", folder["data"], "--lora", "text:r=2,alpha=8,modules=q_proj+fc2", "--adapter", "mean-shift",
            "--epochs", "3", "--lr", "1e-2", "--interpolation", "1", "--merge", "--out", folder["out"], "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(4 * ((2 * 2 * 192) + (2 * (768 + 192))), run.Json.GetProperty("encoder_parameters").GetInt64());

        File.WriteAllLines(folder["texts.txt"], ["a red square", "coffee"]);
        Tensor frozen = Embed("frozen", Model), kept = Embed("kept", Model, "--lora", folder["out/text-lora"]),
            merged = Embed("merged", folder["out/model"]);
        double changed = 0;
        for (int i = 0; i < kept.Length; i++)
        {
            Assert.Equal(kept.Span[i], merged.Span[i], 2e-3f);
            changed = Math.Max(changed, Math.Abs(kept.Span[i] - frozen.Span[i]));
        }

        Assert.True(changed > 0.01, $"LoRA moved the features by {changed} at most");

        Tensor Embed(string name, string model, params string[] more)
        {
            Assert.Equal(0,
                CommandLineRun.Of(["embed", "--model", model, "--texts", folder["texts.txt"], "--out", folder[name], .. more]).ExitCode);
            return FeatureFile.ReadRows(folder[name], Modality.Text);
        }
    }

    [Theory]
    [InlineData("give --images and --texts, --unpaired-images and --unpaired-texts where there are no pairs, or --model, --data")]
    [InlineData("give --model and --data instead", "--images", "x", "--texts", "y", "--lora", "text")]
    [InlineData("needs --data and --lora", "--model", "m")]
    [InlineData("leave out --images, --texts", "--model", "m", "--data", "d", "--lora", "text", "--images", "x")]
    [InlineData("once per tower", "--model", "m", "--data", "d", "--lora", "text", "--lora", "text:r=2")]
    [InlineData("no module 'head'", "--model", "m", "--data", "d", "--lora", "text:modules=head")]
    [InlineData("--lambda: expected a number of 0 to 1000 or auto", "--images", "x", "--texts", "y", "--lambda", "much")]
    public void What_does_not_go_together_is_wrong_usage(string expected, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        CommandLineRun run = CommandLineRun.Of(["align", "--out", folder["out"], .. arguments]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.Error);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Sigma_and_lambda_can_be_left_to_be_chosen()
    {
        using var folder = new TemporaryFolder();
        double[][] rows = FeatureFiles.Cloud(4, 60, 8, 0.5);
        string images = FeatureFiles.Save(folder, "images.npy", rows),
            texts = FeatureFiles.Save(folder, "texts.npy", FeatureFiles.Partner(5, rows, 0.3, -1));
        CommandLineRun run =
            CommandLineRun.Of("align", "--images", images, "--texts", texts, "--out", folder["out"], "--epochs", "2", "--bandwidth", "auto",
                "--lambda", "auto", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        Assert.Equal(12, run.Json.GetProperty("automatic_choice").GetArrayLength());
        Assert.Contains("chosen: --bandwidth within*", run.Error);
        Assert.Equal(60, run.Json.GetProperty("training_pairs").GetInt32());
    }

    // Plain squares of many colours, each with its name.
    private static void SavePictures(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder["data"]);
        var lines = new List<string>();
        for (int i = 0; i < 12; i++)
        {
            byte[] pixels =
                [.. Enumerable.Range(0, 8 * 8).SelectMany(_ => new byte[] { (byte)(i * 20), (byte)(255 - (i * 20)), (byte)(i % 3 * 100) })];
            File.WriteAllBytes(folder[$"data/{i}.png"], CsAligner.Data.Images.PngFile.Encode(pixels, 8, 8));
            lines.Add($"{i}.png\tsquare number {i}");
        }

        File.WriteAllLines(folder["data/captions.tsv"], lines);
    }
}
