using CsAligner.Generation.Decoders;
using CsAligner.Generation.Training;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Generation.Tests.Decoders;

/// <summary>What is read from files asks for no more memory than its weights justify, and is refused in one line.</summary>
public sealed class DecoderFileTests : IDisposable
{
    private static readonly DecoderConfig Tiny = new()
    {
        ImageSize = 12,
        PatchSize = 4,
        HiddenSize = 6,
        IntermediateSize = 10,
        NumHiddenLayers = 3,
        NumAttentionHeads = 2,
        ConditionSize = 5,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_configuration_knows_how_many_values_its_decoder_has()
    {
        DecoderConfig[] configs =
        [
            Tiny, Tiny with { ImageSize = 16 }, Tiny with { PatchSize = 2 }, Tiny with { HiddenSize = 8 },
            Tiny with { IntermediateSize = 11 },
            Tiny with { NumHiddenLayers = 1 }, Tiny with { ConditionSize = 192 },
        ];
        Assert.All(
            configs,
            config => Assert.Equal(DiffusionDecoder.Create(config, new RandomGenerator(1)).ParameterCount, config.ParameterCount));
    }

    [Fact]
    public void A_giant_that_the_weights_do_not_fill_is_refused_before_it_is_allocated()
    {
        DiffusionDecoder.Create(Tiny, new RandomGenerator(1)).Save(_folder.Path);
        Assert.Equal(Tiny, DiffusionDecoder.Load(_folder.Path).Config);
        var giant = Tiny with
        {
            ImageSize = 1024,
            HiddenSize = 4096,
            IntermediateSize = 16384,
            NumHiddenLayers = 64,
            NumAttentionHeads = 64,
            PatchSize = 8,
        };
        File.WriteAllText(_folder["config.json"], giant.ToJson());
        long before = GC.GetAllocatedBytesForCurrentThread();
        var failure = Assert.Throws<InputException>(() => DiffusionDecoder.Load(_folder.Path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains(
            $"holds {Tiny.ParameterCount} values, but config.json describes a decoder of {giant.ParameterCount}",
            failure.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "-Infinity")]
    public void A_weight_that_is_not_finite_is_named(float value, string shown)
    {
        var decoder = DiffusionDecoder.Create(Tiny, new RandomGenerator(1));
        var (name, values) = decoder.NamedTensors.First(tensor => tensor.Values.Length > 7);
        values.Span[7] = value;
        decoder.Save(_folder.Path);
        var failure = Assert.Throws<InputException>(() => DiffusionDecoder.Load(_folder.Path));
        Assert.Contains($"tensor '{name}' holds {shown} (value 7), every weight must be finite", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"image_size\": 12", "\"image_size\": 1024", "image_size 1024 is 65536 patches of patch_size 4, expected at most 16384")]
    [InlineData("csaligner_decoder", "clip", "model_type is \"clip\", expected \"csaligner_decoder\"")]
    [InlineData("\"hidden_size\": 6", "\"hidden_size\": 0", "hidden_size is 0, expected 1 to 4096")]
    public void A_configuration_of_no_decoder_is_refused(string from, string to, string expected)
    {
        string path = _folder.Write("config.json", "x"u8);
        File.WriteAllText(path, Tiny.ToJson().Replace(from, to, StringComparison.Ordinal));
        Assert.Equal($"{path}: {expected}.", Assert.Throws<InputException>(() => DecoderConfig.Read(path)).Message);
    }

    [Theory]
    [InlineData("9223372036854775807", "x", "1", "\"samples\" is out of range; expected 1 to 1000000000000.")]
    [InlineData("100", null, "1", "\"name\" is out of range; expected a text.")]
    [InlineData("100", "x", "1e400", "\"max_grad_norm\" is out of range; expected a number above 0.")]
    public void A_recipe_that_cannot_be_run_is_refused(string samples, string? name, string norm, string expected)
    {
        string text = name is null ? "null" : $"\"{name}\"", path = _folder["recipe.json"];
        File.WriteAllText(path, $$"""{"kind":"decoder","name":{{text}},"samples":{{samples}},"max_grad_norm":{{norm}}}""");
        Assert.Equal($"{path}: {expected}", Assert.Throws<InputException>(() => DecoderRecipe.Read(path)).Message);
    }
}
