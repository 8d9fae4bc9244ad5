using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests;

/// <summary>What is no encoder, or lies, is refused in one line that names the file; nothing crashes.</summary>
public sealed class HostileModelTests
{
    [Theory]
    [InlineData("opset", "cannot read this model")]
    [InlineData("operator", "cannot read this model")]
    [InlineData("no_inputs", "none of its inputs takes images or tokens; its inputs are none")]
    [InlineData("extra_input", "input temperature float32 [1] is not an encoder input")]
    [InlineData("integer_image", "input pixel_values int64 [?, 3, 8, 8] cannot take images")]
    [InlineData("channels_last",
        "input pixel_values float32 [?, 8, 8, 3] cannot take images; expected float32 or float16 [batch, 3, height, width]")]
    [InlineData("huge_image", "it takes images of 1073741824 x 1073741824, but its preprocessing makes 8 x 8")]
    [InlineData("huge_batch", "an input or output has a dimension of 1099511627776, more than any encoder")]
    [InlineData("huge_output", "cannot run this model")]
    [InlineData("wrong_rank", "output image_embeds has the shape []; expected [1, width]")]
    [InlineData("not_finite", "output image_embeds: a black picture: the model's features for it are not finite")]
    [InlineData("zero", "output image_embeds: a black picture: the model's features for it are all zero")]
    [InlineData("text_output", "output image_embeds holds values of type string; expected floating-point numbers")]
    [InlineData("two_outputs",
        "cannot tell which output has the features of images; its outputs are x float32 [?, 192]; y float32 [?, 192]")]
    [InlineData("sequence", "input pixel_values (no tensor) [] cannot take images")]
    [InlineData("missing_weights", "cannot read this model")]
    [InlineData("escaping_weights", "cannot read this model")]
    public void Graphs_that_are_no_encoder_are_refused(string name, string expected)
    {
        string path = Path.Combine(OnnxNeeds.Golden, "bad", name + ".onnx"),
            message = Assert.ThrowsAny<InputException>(() => FrozenEncoders.Load(path)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(name + ".onnx", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.InRange(message.Length, 40, 800);
    }

    [Fact]
    public void The_good_one_among_them_is_taken()
    {
        using var model = FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "bad", "good.onnx"));
        Assert.Equal((192, "good"), (model.Images!.Width, model.Name));
        using var named =
            FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "bad", "two_outputs.onnx"), new OnnxOptions { ImageOutput = "y" });
        Assert.Equal(192, named.Images!.Width);
    }

    [Fact]
    public async Task Files_that_are_cut_short_or_no_models_at_all_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(OnnxNeeds.Golden, "dinov2-tiny", "preprocessor_config.json"), folder["preprocessor_config.json"]);
        byte[] whole =
            await File.ReadAllBytesAsync(Path.Combine(OnnxNeeds.Golden, "dinov2-tiny", "model.onnx"),
                TestContext.Current.CancellationToken);
        for (int i = 0; i < 20; i++) Refused(whole.AsSpan(0, whole.Length * i / 20));
        Refused(whole.AsSpan(0, whole.Length - 1));
        Refused("not a model"u8);
        Refused(new byte[1000]);
        var random = new RandomGenerator(9);
        for (int length = 1; length < 3000; length = (length * 2) + 1)
            Refused([.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))]);
        Assert.Contains("Git LFS pointer", Refused("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"u8),
            StringComparison.Ordinal);
        Assert.Contains("the file is empty", Refused([]), StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<InputException>(() => FrozenEncoders.Load(folder["none.onnx"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("there is no .onnx file in it",
            Assert.Throws<InputException>(() => OnnxModelFolder.Open(folder.Path, null)).Message, StringComparison.Ordinal);

        string Refused(ReadOnlySpan<byte> bytes)
        {
            string path = folder.Write("m.onnx", bytes), message = Assert.Throws<InputException>(() => FrozenEncoders.Load(path)).Message;
            File.Delete(path);
            Assert.Contains("m.onnx", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
            return message;
        }
    }

    [Fact]
    public async Task Bytes_that_are_changed_end_in_features_or_in_one_line()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(OnnxNeeds.Golden, "bad", "preprocessor_config.json"), folder["preprocessor_config.json"]);
        byte[] whole =
            await File.ReadAllBytesAsync(Path.Combine(OnnxNeeds.Golden, "bad", "zero.onnx"), TestContext.Current.CancellationToken);
        var random = new RandomGenerator(11);
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = [.. whole];
            for (int change = 0; change <= i % 3; change++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                using var model = FrozenEncoders.Load(folder.Write("m.onnx", bytes));
            }
            catch (InputException e)
            {
                refused++;
                Assert.DoesNotContain('\n', e.Message);
            }
        }

        Assert.InRange(refused, 100, 200);
    }

    [Fact]
    public void A_gpu_that_is_not_there_is_an_error_that_says_what_is_missing()
    {
        Assert.Contains("CPUExecutionProvider", OnnxRuntimeLibrary.Providers);

        var failure =
            Record.Exception(() =>
                FrozenEncoders.Load(Path.Combine(OnnxNeeds.Golden, "bad", "good.onnx"), new OnnxOptions { Provider = OnnxProvider.Cuda })
                    .Dispose());
        Assert.SkipWhen(failure is null, "this machine has a GPU and an ONNX Runtime for it");
        Assert.Contains("has no CUDA provider", Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", failure.Message, StringComparison.Ordinal);
        Assert.Contains("compute on the CPU", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        TestContext.Current.TestOutputHelper!.WriteLine(failure.Message);
    }
}
