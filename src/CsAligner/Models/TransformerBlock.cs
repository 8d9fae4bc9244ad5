using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Models;

/// <summary>A pre-norm block: x + attention(norm(x)), then x + MLP(norm(x)). B batch, T tokens, W width.</summary>
internal sealed class TransformerBlock
{
    private readonly TransformerConfig _config;
    private readonly Tensor _norm1Weight, _norm1Bias, _norm2Weight, _norm2Bias;
    private readonly Tensor _outWeight, _outBias, _fc1Weight, _fc1Bias, _fc2Weight, _fc2Bias;

    // Query, key and value projections are one matrix here, [3 W, W]: one product instead of three.
    private readonly Tensor _qkvWeight, _qkvBias;

    public TransformerBlock(TransformerConfig config)
    {
        _config = config;
        int width = config.Width;
        (_norm1Weight, _norm1Bias) = (Ones(width), new Tensor(width));
        (_norm2Weight, _norm2Bias) = (Ones(width), new Tensor(width));
        (_qkvWeight, _qkvBias) = (new Tensor(3 * width, width), new Tensor(3 * width));
        (_outWeight, _outBias) = (new Tensor(width, width), new Tensor(width));
        (_fc1Weight, _fc1Bias) = (new Tensor(config.MlpWidth, width), new Tensor(config.MlpWidth));
        (_fc2Weight, _fc2Bias) = (new Tensor(width, config.MlpWidth), new Tensor(width));
    }

    /// <summary>Parameters under Hugging Face's names; the projections q, k and v are parts of one tensor.</summary>
    public IEnumerable<NamedParameter> Parameters(string prefix)
    {
        int width = _config.Width;
        yield return new(_norm1Weight, prefix + "layer_norm1.weight");
        yield return new(_norm1Bias, prefix + "layer_norm1.bias");
        yield return new(_qkvWeight, prefix + "self_attn.q_proj.weight", prefix + "self_attn.k_proj.weight", prefix + "self_attn.v_proj.weight");
        yield return new(_qkvBias, prefix + "self_attn.q_proj.bias", prefix + "self_attn.k_proj.bias", prefix + "self_attn.v_proj.bias");
        yield return new(_outWeight, prefix + "self_attn.out_proj.weight");
        yield return new(_outBias, prefix + "self_attn.out_proj.bias");
        yield return new(_norm2Weight, prefix + "layer_norm2.weight");
        yield return new(_norm2Bias, prefix + "layer_norm2.bias");
        yield return new(_fc1Weight, prefix + "mlp.fc1.weight");
        yield return new(_fc1Bias, prefix + "mlp.fc1.bias");
        yield return new(_fc2Weight, prefix + "mlp.fc2.weight");
        yield return new(_fc2Bias, prefix + "mlp.fc2.bias");
    }

    /// <summary>CLIP's initialisation: deviations that keep the residual stream's variance as layers add up.</summary>
    public void Initialize(RandomGenerator random)
    {
        float width = MathF.Pow(_config.Width, -0.5f);
        float depth = MathF.Pow(2 * _config.Layers, -0.5f);
        Fill(_qkvWeight, random, width);
        Fill(_outWeight, random, width * depth);
        Fill(_fc1Weight, random, MathF.Pow(2 * _config.Width, -0.5f));
        Fill(_fc2Weight, random, width * depth);
    }

    public Tensor Forward(Tape tape, Tensor x, bool causal) => tape.Scope(() =>
    {
        var qkv = tape.Linear(tape.LayerNorm(x, _norm1Weight, _norm1Bias, _config.LayerNormEpsilon), _qkvWeight, _qkvBias);
        var attended = tape.Linear(tape.Attention(qkv, _config.Heads, causal), _outWeight, _outBias);
        var middle = tape.Add(x, attended);
        var hidden = tape.Linear(tape.LayerNorm(middle, _norm2Weight, _norm2Bias, _config.LayerNormEpsilon), _fc1Weight, _fc1Bias);
        var active = _config.Activation == Activation.Gelu ? tape.Gelu(hidden) : tape.QuickGelu(hidden);
        return tape.Add(middle, tape.Linear(active, _fc2Weight, _fc2Bias));
    });

    internal static Tensor Ones(int width)
    {
        var tensor = new Tensor(width);
        tensor.Span.Fill(1);
        return tensor;
    }

    internal static void Fill(Tensor tensor, RandomGenerator random, float deviation)
        => Tensor.Normal(random, deviation, tensor.Shape).Span.CopyTo(tensor.Span);
}
