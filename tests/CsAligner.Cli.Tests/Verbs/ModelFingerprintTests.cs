using CsAligner.Studies.Encoders;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Unfinished work is gone on with by the same model alone: what decides the values decides the fingerprint.</summary>
public class ModelFingerprintTests
{
    private static readonly string[] Files =
        ["config.json", "model.safetensors", "tokenizer.json", "onnx/model.onnx", "onnx/model.onnx_data", "1_Pooling/config.json"];

    [Fact]
    public void Each_byte_of_each_file_below_the_folder_counts()
    {
        using var folder = Model();
        string before = ModelFingerprint.Of(folder.Path);
        foreach (string name in Files)
        {
            byte[] bytes = File.ReadAllBytes(folder[name]);
            foreach (int at in (int[])[0, bytes.Length / 3, bytes.Length - 1])
            {
                bytes[at] ^= 1;
                File.WriteAllBytes(folder[name], bytes);
                Assert.NotEqual(before, ModelFingerprint.Of(folder.Path));
                bytes[at] ^= 1;
                File.WriteAllBytes(folder[name], bytes);
            }
        }

        Assert.Equal(before, ModelFingerprint.Of(folder.Path));
        Directory.Move(folder["onnx"], folder["other"]);
        Assert.NotEqual(before, ModelFingerprint.Of(folder.Path));
    }

    [Fact]
    public void What_is_not_read_does_not_count()
    {
        using var folder = Model();
        string before = ModelFingerprint.Of(folder.Path);
        foreach (string name in (string[])["README.md", "pytorch_model.bin", "tf_model.h5", ".git/HEAD", "set/img_emb/img_emb_0.npy",
            "set/features.json", "set/.embedding/plan.json"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], "x");
        }

        Assert.Equal(before, ModelFingerprint.Of(folder.Path));
    }

    [Theory]
    [InlineData("onnx/model.onnx", true)]
    [InlineData("onnx/model.onnx_data", true)]
    [InlineData("tokenizer.json", true)]
    [InlineData("1_Pooling/config.json", true)]
    [InlineData("model.safetensors", false)]
    public void Of_one_graph_its_weights_and_settings_count(string name, bool counts)
    {
        using var folder = Model();
        string before = ModelFingerprint.Of(folder["onnx/model.onnx"]);
        File.AppendAllText(folder[name], " ");
        Assert.Equal(counts, before != ModelFingerprint.Of(folder["onnx/model.onnx"]));
    }

    [Fact]
    public void Lora_and_its_order_count()
    {
        using TemporaryFolder folder = Model(), one = new(), two = new();
        File.WriteAllText(one["adapter.safetensors"], "one");
        File.WriteAllText(two["adapter.safetensors"], "two");
        string[] all =
            [ModelFingerprint.Of(folder.Path), ModelFingerprint.Of(folder.Path, one.Path),
                ModelFingerprint.Of(folder.Path, one.Path, two.Path), ModelFingerprint.Of(folder.Path, two.Path, one.Path),
                ModelFingerprint.Of("minilm"), ModelFingerprint.Of("other")];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    private static TemporaryFolder Model()
    {
        var folder = new TemporaryFolder();
        foreach (string name in Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            // Weights beyond any window that might be looked at alone.
            File.WriteAllBytes(folder[name], new byte[name.Contains("data", StringComparison.Ordinal) ? 40 << 20 : 100]);
        }

        return folder;
    }
}
