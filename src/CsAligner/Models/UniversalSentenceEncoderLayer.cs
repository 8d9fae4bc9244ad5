using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Models;

/// <summary>
/// A pre-norm layer of the sentence encoder: r(x) + attention(norm(x)), then x + MLP(norm(x)), r a linear layer where the width
/// changes. N tokens of packed texts, W its width in, V its width out.
/// </summary>
internal sealed class UniversalSentenceEncoderLayer
{
    private readonly int _heads;
    private readonly float _epsilon;
    private readonly Tensor _norm1Scale, _norm1Bias, _norm2Scale, _norm2Bias;
    private readonly LinearLayer _qkv, _out, _fc1, _fc2;
    private readonly LinearLayer? _residual;

    /// <summary>Reads a layer.</summary>
    /// <param name="weights">The model's.</param>
    /// <param name="number">The layer's, from 0.</param>
    /// <param name="inputs">W.</param>
    /// <param name="outputs">V.</param>
    public UniversalSentenceEncoderLayer(UniversalSentenceEncoderWeights weights, int number, int inputs, int outputs)
    {
        string layer = $"Layer_{number}/TransformerLayer/";
        _heads = weights.Heads(inputs, number);
        _epsilon = weights.LayerNormEpsilon;
        (_norm1Scale, _norm1Bias) = weights.Norm(layer + "layer_prepostprocess/layer_norm/layer_norm_", inputs);
        (_norm2Scale, _norm2Bias) = weights.Norm(layer + "FFN/layer_prepostprocess/layer_norm/layer_norm_", outputs);
        _qkv = weights.Attention(layer + "MultiheadAttention/qkv_transform_single/", inputs, 3 * inputs);
        _out = weights.Attention(layer + "MultiheadAttention/output_transform_single/", inputs, outputs);
        int hidden = weights.HiddenWidth(number);
        _fc1 = weights.Convolution(layer + "FFN/conv1/", outputs, hidden);
        _fc2 = weights.Convolution(layer + "FFN/conv2/", hidden, outputs);
        _residual = inputs == outputs ? null : weights.Dense(layer + "dense/", inputs, outputs);
    }

    /// <summary>[N, W] to [N, V].</summary>
    public Tensor Forward(Tape tape, Tensor x, int[] offsets) => tape.Scope(() =>
    {
        var qkv = _qkv.Forward(tape, tape.LayerNorm(x, _norm1Scale, _norm1Bias, _epsilon));
        var middle = _out.ForwardAdded(tape, tape.Attention(qkv, _heads, causal: false, offsets), _residual?.Forward(tape, x) ?? x);
        var hidden = _fc1.Forward(tape, tape.LayerNorm(middle, _norm2Scale, _norm2Bias, _epsilon), Activation.Relu);
        return _fc2.ForwardAdded(tape, hidden, middle);
    });
}
