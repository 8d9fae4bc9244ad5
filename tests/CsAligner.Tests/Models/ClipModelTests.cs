using CsAligner.Models;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Tests.Models;

/// <summary>The towers against values from another implementation: 2e-4 of each tensor's largest value.</summary>
public sealed class ClipModelTests
{
    private const double Tolerance = 2e-4;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "clip-tiny");

    private readonly GoldenFile _golden = new("clip-tiny/golden.safetensors");
    private readonly ClipModel _model = ClipModel.Load(Folder);
    private readonly Tensor _pixels;
    private readonly int[] _ids;

    public ClipModelTests()
    {
        _pixels = Tensor.From(_golden.Floats("pixel_values"), _golden.Shape("pixel_values"));
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, "golden.safetensors"));
        _ids = [.. file.ReadInt64("input_ids").Select(id => (int)id)];
    }

    [Fact]
    public void Features_and_hidden_states_are_those_of_the_reference()
    {
        using var tape = Tape.Inference();
        AssertNear("image_embeds", _model.Vision.Encode(tape, _pixels).Span);
        AssertNear("text_embeds", _model.Text.Encode(tape, _ids, 6).Span);
        AssertNear("vision_last_hidden_state", _model.Vision.Hidden(tape, _pixels).Span);
        AssertNear("text_hidden_before_final_norm", _model.Text.Hidden(tape, _ids, 6).Span);
    }

    [Fact]
    public void Frozen_weights_give_the_features_of_the_reference()
    {
        _model.Freeze();
        using var tape = Tape.Inference();
        AssertNear("image_embeds", _model.Vision.Encode(tape, _pixels).Span);
        AssertNear("text_embeds", _model.Text.Encode(tape, _ids, 6).Span);
        AssertNear("vision_last_hidden_state", _model.Vision.Hidden(tape, _pixels).Span);
        AssertNear("text_hidden_before_final_norm", _model.Text.Hidden(tape, _ids, 6).Span);
    }

    [Fact]
    public void Weights_that_are_trained_again_are_no_longer_read_from_a_copy()
    {
        _model.Freeze();
        using var tape = Tape.Inference();
        float[] before = _model.Vision.Encode(tape, _pixels).Span.ToArray();
        _model.RequireGrad(true);
        foreach (var (_, values) in _model.NamedTensors) values.Span.Fill(0.1f);
        float[] after = _model.Vision.Encode(tape, _pixels).Span.ToArray();
        _model.Freeze();
        Assert.NotEqual(before, after);
        var again = _model.Vision.Encode(tape, _pixels).Span;
        for (int i = 0; i < after.Length; i++) Assert.Equal(after[i], again[i], 1e-4f * (1 + Math.Abs(after[i])));
    }

    [Fact]
    public void Loss_and_gradients_are_those_of_the_reference()
    {
        _model.RequireGrad(true);
        using var tape = new Tape();
        var images = tape.Normalize(_model.Vision.Encode(tape, _pixels));
        var texts = tape.Normalize(_model.Text.Encode(tape, _ids, 6));
        var objective =
            NaiveObjective.CsAligner(Matrix(images), Matrix(texts), sigma: 1, csWeight: 1, infoNceWeight: 1,
                logitScale: 1 / 0.07, pairs: 6);
        Near.Relative(_golden.Value("loss"), objective.Value, Tolerance);

        // The sum of features times their known gradients has those gradients, whatever the objective was.
        var loss = tape.Add(
            tape.Sum(tape.Mul(images, Constant(objective.GradX))),
            tape.Sum(tape.Mul(texts, Constant(objective.GradY))));
        tape.Backward(loss);

        string[] names = [.. new[]
        {
            "text_model.encoder.layers.0.self_attn.q_proj.weight", "text_model.encoder.layers.2.mlp.fc1.weight", "text_projection.weight",
            "text_model.embeddings.position_embedding.weight", "vision_model.encoder.layers.0.self_attn.v_proj.weight",
            "vision_model.encoder.layers.1.layer_norm2.weight", "vision_model.embeddings.patch_embedding.weight",
            "vision_model.embeddings.class_embedding", "visual_projection.weight",
        }];
        foreach (string name in names)
        {
            var parameter = _model.Parameters.Single(p => p.Names.Contains(name));
            int part = Array.IndexOf(parameter.Names, name), length = parameter.Values.Length / parameter.Names.Length;
            AssertNear("grad." + name, parameter.Values.Grad.Slice(part * length, length));
        }
    }

    [Fact]
    public void Short_rows_give_the_features_of_padded_ones()
    {
        // The end token of row 0 is at 4: what comes after it is never seen.
        using var tape = Tape.Inference();
        var padded = _model.Text.Encode(tape, _ids[..16], 1);
        var cut = _model.Text.Encode(tape, _ids[..5], 1);
        for (int i = 0; i < padded.Length; i++) Assert.Equal(padded.Span[i], cut.Span[i], 1e-5f);
    }

    [Fact]
    public void A_saved_model_loads_to_the_same_values()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            _model.Save(folder);
            var loaded = ClipModel.Load(folder);
            Assert.Equal(_model.Config, loaded.Config);
            foreach (var (expected, actual) in _model.NamedTensors.Zip(loaded.NamedTensors))
                Assert.True(expected.Values.Span.SequenceEqual(actual.Values.Span), expected.Name);

            // Other readers find the published names: what was loaded is what is written.
            using var original = SafeTensorsFile.Open(Path.Combine(Folder, "model.safetensors"));
            using var written = SafeTensorsFile.Open(Path.Combine(folder, "model.safetensors"));
            Assert.Equal(original.Names.Order(), written.Names.Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("\"hidden_act\": \"quick_gelu\"", "\"hidden_act\": \"relu\"", "hidden_act")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": -1", "hidden_size")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": 68.5", "hidden_size")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "multiple")]
    [InlineData("\"patch_size\": 8", "\"patch_size\": 7", "patch_size")]
    [InlineData("\"eos_token_id\": 299", "\"eos_token_id\": 300", "eos_token_id")]
    [InlineData("\"text_config\"", "\"text\"", "text_config")]
    [InlineData("{", "", "JSON")]
    [InlineData("\"hidden_act\": \"quick_gelu\"", "\"hidden_act\": \"\\ud800\"", "not valid JSON")]
    [InlineData("\"hidden_act\": \"quick_gelu\"", "\"hidden_act\": \"quick_gelu\", \"layer_norm_eps\": \"1e-5\"", "JSON|layer_norm_eps")]
    [InlineData("\"projection_dim\"", "\"logit_scale_init_value\": 1e39, \"projection_dim\"", "JSON|logit_scale_init_value")]
    [InlineData("\"text_config\"", "\"text_config_dict\": {\"vocab_size\": 300, \"vocab_size\": 301}, \"text_config\"", "not valid JSON")]
    [InlineData("\"hidden_size\": 128", "\"hidden_size\": 256", "patch_embedding|class_embedding")]
    public void A_wrong_configuration_is_named(string from, string to, string expected)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string text = File.ReadAllText(Path.Combine(Folder, "config.json"));
            int at = text.IndexOf(from, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(folder, "config.json"), text[..at] + to + text[(at + from.Length)..]);
            File.Copy(Path.Combine(Folder, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
            var error = Assert.Throws<InputException>(() => ClipModel.Load(folder));
            Assert.Contains(expected.Split('|'), part => error.Message.Contains(part, StringComparison.Ordinal));
            Assert.DoesNotContain('\n', error.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double[,] Matrix(Tensor tensor)
    {
        var matrix = new double[tensor.Shape[0], tensor.Shape[1]];
        for (int i = 0; i < tensor.Length; i++) matrix[i / tensor.Width, i % tensor.Width] = tensor.Span[i];
        return matrix;
    }

    private static Tensor Constant(double[,] values) =>
        Tensor.From([.. values.Cast<double>().Select(v => (float)v)], values.GetLength(0), values.GetLength(1));

    private void AssertNear(string name, ReadOnlySpan<float> actual)
    {
        double[] expected = _golden.Values(name);
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), difference = 0;
        for (int i = 0; i < expected.Length; i++) difference = Math.Max(difference, Math.Abs(expected[i] - actual[i]));
        Assert.True(difference <= Tolerance * largest, $"{name}: off by {difference / largest:e2} of its largest value.");
    }
}
