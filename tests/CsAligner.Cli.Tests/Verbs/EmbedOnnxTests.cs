using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>embed takes a model in ONNX format just as it takes one that is computed here.</summary>
public sealed class EmbedOnnxTests
{
    private static readonly string[] Texts = ["arrow left", "coffee", "battery charging vertical", "red heart", "!"];

    private static readonly string Native = Path.Combine(Repository.Root, "models", "icon-clip"),
        Graphs = Path.Combine(Repository.Root, "tests", "CsAligner.Onnx.Tests", "Golden");

    [Fact]
    public void A_folder_with_graphs_gives_the_features_of_the_native_model()
    {
        using var folder = Model();
        File.WriteAllLines(folder["texts.txt"], Texts);
        Tensor expected = Embed(folder, Native), native = Embed(folder, folder.Path),
            onnx = Embed(folder, folder.Path, "--onnx-threads", "1");
        Assert.Equal(expected.Span.ToArray(), native.Span.ToArray());
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected.Span[i], onnx.Span[i], 1e-3f);
        Tensor one = Embed(folder, folder["text_model.onnx"], "--onnx-context", "16");
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected.Span[i], one.Span[i], 1e-3f);
    }

    [Fact]
    public void What_a_graph_cannot_do_is_said_in_one_line()
    {
        using var folder = Model();
        File.WriteAllLines(folder["texts.txt"], Texts);
        Wrong(2, "embeds only images: name an encoder of texts with --text-model", folder["vision_model.onnx"]);
        Wrong(2, "gives features of whole texts: leave out --tokens", folder["text_model.onnx"], "--tokens");
        Wrong(2, "runs through ONNX Runtime, where LoRA must be part of the graph", folder["text_model.onnx"], "--lora", folder.Path);
        Wrong(2, "is not in ONNX format: leave out the --onnx-… options", Native, "--onnx-threads", "2");
        Wrong(2, "expected auto or mean or cls or last or max or pooler, got 'sum'", folder.Path, "--onnx-pooling", "sum");
        Wrong(2, "--onnx-context: expected a whole number of at least 3", folder.Path, "--onnx-context", "2");
        Wrong(1, "there is no output 'x'", folder.Path, "--onnx-text-output", "x");
        Wrong(1, "cannot read this model", Path.Combine(Graphs, "bad", "opset.onnx"));
        Wrong(1, "no such file", folder["none.onnx"]);

        void Wrong(int code, string expected, string model, params string[] arguments)
        {
            CommandLineRun run =
                CommandLineRun.Of(["embed", "--model", model, "--texts", folder["texts.txt"], "--out", folder["wrong"], .. arguments]);
            Assert.Equal((code, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["wrong"]));
        }
    }

    [Fact]
    public void Work_begun_with_other_options_or_another_model_is_not_gone_on_with()
    {
        using var folder = Model();
        File.WriteAllLines(folder["texts.txt"], Texts);
        Directory.CreateDirectory(folder["model/onnx"]);
        foreach (string name in (string[])["config.json", "vocab.json", "merges.txt"]) File.Copy(folder[name], folder[$"model/{name}"]);
        foreach (string name in (string[])["text_model.onnx", "model.safetensors"]) File.Copy(folder[name], folder[$"model/onnx/{name}"]);
        Assert.Equal(0, Share("1/2", "--onnx-context", "16").ExitCode);
        Refused("differs in model_files", "--onnx-context", "12");
        Refused("differs in model_files", "--onnx-context", "16", "--onnx-threads", "1");
        Refused("differs in dtype", "--onnx-context", "16", "--dtype", "float32");
        Refused("differs in shard_rows", "--onnx-context", "16", "--shard-rows", "3");
        byte[] graph = File.ReadAllBytes(folder["model/onnx/text_model.onnx"]);
        // Bytes behind the graph's end, of a field that protocol buffers do not know: the same model to whoever runs it.
        File.WriteAllBytes(folder["model/onnx/text_model.onnx"], [.. graph, 0xF8, 0x07, 0x01]);
        Refused("differs in model_files", "--onnx-context", "16");
        File.WriteAllBytes(folder["model/onnx/text_model.onnx"], graph);
        File.WriteAllText(folder["skip.log"], "line 2\tx\n");
        Refused("differs in skipped", "--onnx-context", "16", "--skip", folder["skip.log"]);
        Assert.Equal(0, Share("2/2", "--onnx-context", "16").ExitCode);
        Assert.Equal(0, Share(null, "--onnx-context", "16").ExitCode);
        Assert.Equal(5, FeatureFile.ReadRows(folder["set"], Modality.Text).Rows);

        CommandLineRun Share(string? share, params string[] more) => CommandLineRun.Of([
            "embed", "--model", folder["model"], "--texts", folder["texts.txt"], "--out", folder["set"],
            .. more.Contains("--shard-rows") ? [] : (string[])["--shard-rows", "2"],
            .. share is null ? [] : (string[])["--shard", share], .. more]);

        void Refused(string expected, params string[] more)
        {
            CommandLineRun run = Share("2/2", more);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        }
    }

    private static Tensor Embed(TemporaryFolder folder, string model, params string[] arguments)
    {
        string output = folder[$"set-{Guid.NewGuid():N}"];
        CommandLineRun run = CommandLineRun.Of(["embed", "--model", model, "--texts", folder["texts.txt"], "--out", output, .. arguments]);
        Assert.True(run.ExitCode == 0, run.Error);
        return FeatureFile.ReadRows(output, Modality.Text);
    }

    private static TemporaryFolder Model() => new TemporaryFolder().CopyFrom(Native).CopyFrom(Path.Combine(Graphs, "icon-clip"));
}
