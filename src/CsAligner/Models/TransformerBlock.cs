using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Models;

/// <summary>A pre-norm block: x + attention(norm(x)), then x + MLP(norm(x)). B batch, T tokens, W width.</summary>
internal sealed class TransformerBlock
{
    private readonly TransformerConfig _config;
    private readonly Tensor _norm1Weight, _norm1Bias, _norm2Weight, _norm2Bias;

    // Query, key and value projections are one matrix here, [3 W, W]: one product instead of three.
    private readonly LinearLayer _qkv, _out, _fc1, _fc2;

    // The same weights, for where only some rows' queries are wanted.
    private readonly LinearLayer _query, _keysValues;

    public TransformerBlock(TransformerConfig config)
    {
        _config = config;
        int width = config.Width;
        (_norm1Weight, _norm1Bias) = (Ones(width), new Tensor(width));
        (_norm2Weight, _norm2Bias) = (Ones(width), new Tensor(width));
        (_qkv, _out) = (new LinearLayer(width, 3 * width), new LinearLayer(width, width));
        (_query, _keysValues) = (_qkv.Part(0, width), _qkv.Part(width, 2 * width));
        (_fc1, _fc2) = (new LinearLayer(width, config.MlpWidth), new LinearLayer(config.MlpWidth, width));
    }

    /// <summary>Parameters under Hugging Face's names; the projections q, k and v are parts of one tensor.</summary>
    public IEnumerable<NamedParameter> Parameters(string prefix)
    {
        int width = _config.Width;
        yield return new(_norm1Weight, prefix + "layer_norm1.weight");
        yield return new(_norm1Bias, prefix + "layer_norm1.bias");
        yield return new(_qkv.Weight, prefix + "self_attn.q_proj.weight", prefix + "self_attn.k_proj.weight",
            prefix + "self_attn.v_proj.weight");
        yield return new(_qkv.Bias!, prefix + "self_attn.q_proj.bias", prefix + "self_attn.k_proj.bias", prefix + "self_attn.v_proj.bias");
        yield return new(_out.Weight, prefix + "self_attn.out_proj.weight");
        yield return new(_out.Bias!, prefix + "self_attn.out_proj.bias");
        yield return new(_norm2Weight, prefix + "layer_norm2.weight");
        yield return new(_norm2Bias, prefix + "layer_norm2.bias");
        yield return new(_fc1.Weight, prefix + "mlp.fc1.weight");
        yield return new(_fc1.Bias!, prefix + "mlp.fc1.bias");
        yield return new(_fc2.Weight, prefix + "mlp.fc2.weight");
        yield return new(_fc2.Bias!, prefix + "mlp.fc2.bias");
    }

    /// <summary>A linear layer under its name in Hugging Face's checkpoints: its path, the layer,
    /// and which outputs of the layer are its.</summary>
    /// <param name="name">q_proj, k_proj, v_proj, out_proj, fc1 or fc2.</param>
    public (string Path, LinearLayer Layer, int First, int Outputs) Linear(string name)
    {
        int width = _config.Width;
        return name switch
        {
            "q_proj" => ("self_attn.q_proj", _qkv, 0, width),
            "k_proj" => ("self_attn.k_proj", _qkv, width, width),
            "v_proj" => ("self_attn.v_proj", _qkv, 2 * width, width),
            "out_proj" => ("self_attn.out_proj", _out, 0, width),
            "fc1" => ("mlp.fc1", _fc1, 0, _config.MlpWidth),
            "fc2" => ("mlp.fc2", _fc2, 0, width),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No linear layer of a block."),
        };
    }

    /// <summary>CLIP's initialisation: deviations that keep the residual stream's variance as layers add up.</summary>
    public void Initialize(RandomGenerator random)
    {
        float width = MathF.Pow(_config.Width, -0.5f);
        float depth = MathF.Pow(2 * _config.Layers, -0.5f);
        Fill(_qkv.Weight, random, width);
        Fill(_out.Weight, random, width * depth);
        Fill(_fc1.Weight, random, MathF.Pow(2 * _config.Width, -0.5f));
        Fill(_fc2.Weight, random, width * depth);
    }

    /// <summary>Whether the weights are frozen, so that inference may keep packed copies of them.</summary>
    public bool Frozen
    {
        set
        {
            foreach (var layer in (LinearLayer[])[_qkv, _query, _keysValues, _out, _fc1, _fc2]) layer.Frozen = value;
        }
    }

    /// <summary>[B, T, W] to [B, T, W], or of packed sequences, whose offsets are given, [N, W] to [N, W].</summary>
    public Tensor Forward(Tape tape, Tensor x, bool causal, int[]? offsets = null) => tape.Scope(() =>
    {
        var qkv = _qkv.Forward(tape, Norm1(tape, x));
        return Finish(tape, tape.Attention(qkv, _config.Heads, causal, offsets), x);
    });

    /// <summary>
    /// One row of <see cref="Forward"/> for each sequence, [B, T, W] to [B, W]: as the last block, it spares what pooling would
    /// throw away, all but the keys and values of the other rows.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, T, W], or packed sequences [N, W].</param>
    /// <param name="rows">The row wanted of each sequence, numbered through x: the last one where the attention is causal,
    /// for it sees all.</param>
    /// <param name="offsets">Of packed sequences.</param>
    public Tensor ForwardPooled(Tape tape, Tensor x, int[] rows, int[]? offsets = null) => tape.Scope(() =>
    {
        // Rows are picked before anything else reads x, so that the backward pass adds them to an existing gradient.
        var residual = tape.Gather(x, rows);
        var normal = Norm1(tape, x);
        var query = _query.Forward(tape, tape.Gather(normal, rows));
        return Finish(tape, tape.PooledAttention(query, _keysValues.Forward(tape, normal), _config.Heads, offsets), residual);
    });

    private Tensor Norm1(Tape tape, Tensor x) => tape.LayerNorm(x, _norm1Weight, _norm1Bias, _config.LayerNormEpsilon);

    // Acts on rows.
    private Tensor Finish(Tape tape, Tensor attended, Tensor residual)
    {
        var middle = _out.ForwardAdded(tape, attended, residual);
        var hidden = _fc1.Forward(tape, tape.LayerNorm(middle, _norm2Weight, _norm2Bias, _config.LayerNormEpsilon), _config.Activation);
        return _fc2.ForwardAdded(tape, hidden, middle);
    }

    internal static Tensor Ones(int width)
    {
        var tensor = new Tensor(width);
        tensor.Span.Fill(1);
        return tensor;
    }

    internal static void Fill(Tensor tensor, RandomGenerator random, float deviation)
        => Tensor.Normal(random, deviation, tensor.Shape).Span.CopyTo(tensor.Span);
}
