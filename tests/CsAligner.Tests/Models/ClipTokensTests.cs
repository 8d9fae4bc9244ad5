using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Tests.Models;

/// <summary>Tokens against the reference's hidden states, normed and projected here in float64 by plain loops.</summary>
public sealed class ClipTokensTests
{
    private const double Tolerance = 2e-4;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "clip-tiny");

    private readonly GoldenFile _golden = new("clip-tiny/golden.safetensors");
    private readonly ClipModel _model = ClipModel.Load(Folder);
    private readonly Tensor _pixels;
    private readonly int[] _ids;

    public ClipTokensTests()
    {
        _pixels = Tensor.From(_golden.Floats("pixel_values"), _golden.Shape("pixel_values"));
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, "golden.safetensors"));
        _ids = [.. file.ReadInt64("input_ids").Select(id => (int)id)];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Patches_are_the_last_hidden_states_normed_projected_and_of_unit_length(bool recorded)
    {
        _model.RequireGrad(recorded);
        if (!recorded) _model.Freeze();
        using var tape = recorded ? new Tape() : Tape.Inference();
        var made = _model.Vision.EncodeTokens(tape, _pixels);
        int tokens = _model.Config.VisionTokens;
        double[][] expected = Projected("vision_last_hidden_state", "vision_model.post_layernorm", "visual_projection.weight");
        Assert.Equal(Enumerable.Range(0, _pixels.Shape[0] + 1).Select(b => b * (tokens - 1)), made.Offsets);
        AssertRows(expected.Where((_, row) => row % tokens == 0), made.Pooled);
        AssertRows(expected.Where((_, row) => row % tokens != 0), made.Tokens);
        AssertUnit("image_embeds", made.Pooled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Words_are_the_last_hidden_states_between_begin_and_end(bool recorded)
    {
        _model.RequireGrad(recorded);
        if (!recorded) _model.Freeze();
        using var tape = recorded ? new Tape() : Tape.Inference();
        var made = _model.Text.EncodeTokens(tape, _ids, 6);
        double[][] states = Projected("text_hidden_before_final_norm", "text_model.final_layer_norm", "text_projection.weight");
        var expected = new List<double[]>();
        var offsets = new List<int> { 0 };
        int length = _ids.Length / 6;
        for (int b = 0; b < 6; b++)
        {
            int end = Array.IndexOf(_ids, _model.Config.EndToken, b * length);
            expected.AddRange(states[((b * length) + 1)..end]);
            offsets.Add(expected.Count);
        }

        Assert.Equal(offsets, made.Offsets);
        AssertRows(expected, made.Tokens);
        AssertUnit("text_embeds", made.Pooled);
    }

    [Fact]
    public void A_text_without_words_keeps_its_end_token()
    {
        int end = _model.Config.EndToken, begin = _ids[0];
        using var tape = Tape.Inference();
        var made = _model.Text.EncodeTokens(tape, [begin, end, end, begin, 5, end], 2);
        Assert.Equal([0, 1, 2], made.Offsets);
        int width = made.Tokens.Width;
        Assert.True(made.Tokens.Span[..width].SequenceEqual(made.Pooled.Span[..width]));
        Assert.False(made.Tokens.Span[width..].SequenceEqual(made.Pooled.Span[width..]));
    }

    [Fact]
    public void Gradients_reach_weights_through_tokens_and_features_at_once()
    {
        // Central differences of one weight in each tower, the loss a fixed weighting of everything that comes out.
        _model.RequireGrad(true);
        Check(tape => _model.Vision.EncodeTokens(tape, _pixels), "vision_model.encoder.layers.0.mlp.fc1.weight");
        Check(tape => _model.Text.EncodeTokens(tape, _ids, 6), "text_model.encoder.layers.0.mlp.fc1.weight");

        void Check(Func<Tape, ClipTokens> encode, string name)
        {
            var weight = _model.NamedTensors.Single(t => t.Name == name).Values;
            using (var tape = new Tape())
            {
                tape.Backward(Loss(tape, encode(tape)));
            }

            // The largest gradients: the sums of the loss are in float32.
            float[] gradient = weight.Grad.ToArray();
            foreach (int at in Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(3))
            {
                double numeric = (Value(5e-3f) - Value(-5e-3f)) / 1e-2, exact = gradient[at];
                Assert.True(Math.Abs(numeric - exact) <= 1e-2 * Math.Abs(exact), $"{name}[{at}]: {exact}, by differences {numeric}");

                double Value(float change)
                {
                    float before = weight.Span[at];
                    weight.Span[at] += change;
                    using var tape = Tape.Inference();
                    double value = Loss(tape, encode(tape)).Item;
                    weight.Span[at] = before;
                    return value;
                }
            }
        }

        static Tensor Loss(Tape tape, ClipTokens made)
            => tape.Add(tape.Sum(tape.Mul(made.Pooled, Weights(made.Pooled, 7))), tape.Sum(tape.Mul(made.Tokens, Weights(made.Tokens, 8))));

        static Tensor Weights(Tensor like, ulong seed) => Tensor.Normal(new RandomGenerator(seed), 1, like.Shape);
    }

    private double[][] Projected(string states, string norm, string projection)
    {
        double[] hidden = _golden.Values(states), weight = Weight(projection), gamma = Weight(norm + ".weight"),
            beta = Weight(norm + ".bias");
        int width = gamma.Length, outputs = weight.Length / width;
        var rows = new double[hidden.Length / width][];
        for (int r = 0; r < rows.Length; r++)
        {
            double[] x = hidden[(r * width)..((r + 1) * width)];
            double mean = x.Average(), deviation = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + 1e-5);
            double[] normal = [.. x.Select((v, i) => ((v - mean) / deviation * gamma[i]) + beta[i])];
            double[] y = [.. Enumerable.Range(0, outputs).Select(o => normal.Select((v, i) => v * weight[(o * width) + i]).Sum())];
            double norm2 = Math.Sqrt(y.Sum(v => v * v));
            rows[r] = [.. y.Select(v => v / norm2)];
        }

        return rows;
    }

    private static double[] Weight(string name)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, "model.safetensors"));
        return file.ReadDoubles(name);
    }

    private void AssertUnit(string name, Tensor actual)
    {
        double[] values = _golden.Values(name);
        int width = actual.Width;
        AssertRows(values.Chunk(width).Select(row => row.Select(v => v / Math.Sqrt(row.Sum(w => w * w))).ToArray()), actual);
    }

    private static void AssertRows(IEnumerable<double[]> expected, Tensor actual)
    {
        double[] values = [.. expected.SelectMany(row => row)];
        Assert.Equal(values.Length, actual.Length);
        double difference = 0;
        for (int i = 0; i < values.Length; i++) difference = Math.Max(difference, Math.Abs(values[i] - actual.Span[i]));
        Assert.True(difference <= Tolerance, $"off by {difference:e2}.");
    }
}
