using CsAligner.Generation.Decoders;
using CsAligner.Generation.Diffusion;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Tests;

namespace CsAligner.Generation.Tests.Decoders;

/// <summary>The decoder against the same one in PyTorch, in float64 (Golden/decoder/make_decoder.py).</summary>
public sealed class DiffusionDecoderTests : IDisposable
{
    // Float32 against float64 through two blocks; the loss weighs one sample 400 times.
    private const double Tolerance = 2e-4;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_prediction_is_that_of_PyTorch()
    {
        var golden = new GoldenDecoder();
        using var tape = Tape.Inference();
        var predicted = golden.Predict(tape, golden.Tensor("condition"));
        Near.Norm(golden.File.Values("xhat"), predicted.Span.ToArray().Select(v => (double)v), 1e-5, "prediction");
    }

    [Fact]
    public void The_loss_and_its_gradients_are_those_of_PyTorch()
    {
        var golden = new GoldenDecoder();
        golden.Decoder.RequireGrad(true);
        var condition = golden.Tensor("condition");
        condition.RequiresGrad = true;
        using var tape = new Tape();
        var weights = Tensor.From([.. golden.File.Floats("t").Select(RectifiedFlowPath.ErrorWeight)], 3);
        var loss = tape.SquaredError(golden.Predict(tape, condition), golden.Tensor("x"), weights);
        Near.Relative(golden.File.Value("loss"), loss.Item, 1e-5, "loss");
        tape.Backward(loss);

        Near.Norm(golden.File.Values("grad_input.condition"), condition.Grad.ToArray().Select(v => (double)v), Tolerance, "condition");
        foreach (var (name, values) in golden.Decoder.NamedTensors)
            Near.Norm(golden.File.Values("grad." + name), values.Grad.ToArray().Select(v => (double)v), Tolerance, name);
    }

    [Fact]
    public void Noisy_pictures_are_mixed_as_in_the_reference()
    {
        var golden = new GoldenDecoder();
        var mixed = new Tensor(golden.File.Shape("z"));
        RectifiedFlowPath.Mix(golden.Tensor("x"), golden.Tensor("noise"), golden.File.Floats("t"), mixed);
        Near.Norm(golden.File.Values("z"), mixed.Span.ToArray().Select(v => (double)v), 1e-6, "z");
    }

    [Theory]
    [InlineData("euler")]
    [InlineData("heun")]
    public void Pictures_are_those_that_PyTorch_samples(string sampler)
    {
        var golden = new GoldenDecoder();
        var samples = golden.Tensor("noise").Clone();
        new Samplers().Create(sampler).Run(samples, new GuidedVelocity(golden.Decoder, golden.Tensor("condition"), 2.5f).Evaluate, 4);
        Near.Norm(golden.File.Values(sampler + "_4"), samples.Span.ToArray().Select(v => (double)v), 1e-5, sampler);
    }

    [Fact]
    public void A_new_decoder_predicts_nothing_and_learns_from_there()
    {
        var golden = new GoldenDecoder();
        var decoder = DiffusionDecoder.Create(golden.Decoder.Config, new RandomGenerator(3));
        using var tape = Tape.Inference();
        Assert.All(
            decoder.Predict(tape, golden.Tensor("z"), [0.1f, 0.5f, 0.9f], golden.Tensor("condition"), [0, 1, 2]).Span.ToArray(),
            v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(ElementType.Float32, 0)]
    [InlineData(ElementType.Float16, 1e-3)]
    public void A_saved_decoder_predicts_the_same(ElementType type, double tolerance)
    {
        var golden = new GoldenDecoder();
        golden.Decoder.Save(_folder, type);
        var loaded = DiffusionDecoder.Load(_folder);
        Assert.Equal(golden.Decoder.Config, loaded.Config);
        using var tape = Tape.Inference();
        var predicted = golden.Predict(tape, golden.Tensor("condition"), loaded);
        Near.Norm(
            golden.Predict(tape, golden.Tensor("condition")).Span.ToArray().Select(v => (double)v),
            predicted.Span.ToArray().Select(v => (double)v),
            tolerance,
            "prediction");
    }

    [Theory]
    [InlineData("\"hidden_size\": 12", "\"hidden_size\": 9", "shape")]
    [InlineData("\"hidden_size\": 12", "\"hidden_size\": 13", "num_attention_heads is 3, expected a divisor of hidden_size 13")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "holds 10440 values")]
    [InlineData("\"patch_size\": 4", "\"patch_size\": 3", "a multiple of patch_size 3")]
    [InlineData("\"patch_size\": 4", "\"patch_size\": 0", "patch_size is 0")]
    [InlineData("csaligner_decoder", "clip", "model_type is \"clip\", expected \"csaligner_decoder\"")]
    [InlineData("\"patch_size\": 4", "\"patch_size\": 4, \"dropout\": 1", "dropout")]
    [InlineData("\"patch_size\": 4,", "", "patch_size")]
    [InlineData("{", "[", "does not describe a decoder")]
    public void A_configuration_that_does_not_fit_is_refused_in_one_line(string text, string instead, string said)
    {
        new GoldenDecoder().Decoder.Save(_folder);
        string path = Path.Combine(_folder, DecoderConfig.FileName), config = File.ReadAllText(path);
        Assert.Contains(text, config);
        File.WriteAllText(path, config.Replace(text, instead));
        string message = Assert.Throws<InputException>(() => DiffusionDecoder.Load(_folder)).Message;
        Assert.Contains(said, message);
        Assert.Contains(_folder, message);
    }

    [Fact]
    public void A_weight_that_is_not_a_number_is_refused_by_name()
    {
        var decoder = new GoldenDecoder().Decoder;
        decoder.NamedTensors.Single(w => w.Name == "layers.1.mlp.fc2.bias").Values.Span[3] = float.NaN;
        decoder.Save(_folder);
        Assert.Contains("layers.1.mlp.fc2.bias", Assert.Throws<InputException>(() => DiffusionDecoder.Load(_folder)).Message);
    }

    [Fact]
    public void A_missing_folder_is_named()
        => Assert.Contains("nowhere", Assert.Throws<InputException>(() => DiffusionDecoder.Load("nowhere")).Message);
}
