using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Generation.Decoders;

/// <summary>
/// A block steered by its sample: x + gate1 attention(norm1(x)), then x + gate2 MLP(norm2(x)), with gates and the norms' shifts and
/// scales from the sample's signal. B batch, T tokens, W width.
/// </summary>
internal sealed class DecoderBlock
{
    /// <summary>The vectors of a modulation.</summary>
    public const int Vectors = 6;

    // In their order.
    private const int Shift1 = 0, Scale1 = 1, Gate1 = 2, Shift2 = 3, Scale2 = 4, Gate2 = 5;

    private readonly DecoderConfig _config;
    private readonly LinearLayer _modulation, _qkv, _out, _fc1, _fc2;

    public DecoderBlock(DecoderConfig config)
    {
        _config = config;
        int width = config.HiddenSize;
        _modulation = new LinearLayer(width, Vectors * width);
        (_qkv, _out) = (new LinearLayer(width, 3 * width), new LinearLayer(width, width));
        (_fc1, _fc2) = (new LinearLayer(width, config.IntermediateSize), new LinearLayer(config.IntermediateSize, width));
    }

    /// <summary>The block's layers by their names in a file.</summary>
    public IEnumerable<(string Name, LinearLayer Layer)> Layers =>
        [("modulation", _modulation), ("attention.qkv", _qkv), ("attention.out", _out), ("mlp.fc1", _fc1), ("mlp.fc2", _fc2)];

    /// <summary>Gates start at 0: each block begins as the identity (adaLN-zero).</summary>
    public void Initialize(RandomGenerator random)
    {
        foreach (var layer in (LinearLayer[])[_qkv, _out, _fc1, _fc2]) DiffusionDecoder.FillLinear(layer, random);
    }

    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, T, W].</param>
    /// <param name="signal">[B, W].</param>
    public Tensor Forward(Tape tape, Tensor x, Tensor signal) => tape.Scope(() =>
    {
        var modulation = _modulation.Forward(tape, signal);
        var qkv = _qkv.Forward(tape, tape.ModulatedLayerNorm(x, modulation, Shift1, Scale1));
        var attended = _out.Forward(tape, tape.Attention(qkv, _config.NumAttentionHeads));
        var middle = tape.AddGated(x, attended, modulation, Gate1);
        var hidden = _fc1.Forward(tape, tape.ModulatedLayerNorm(middle, modulation, Shift2, Scale2), Activation.Gelu);
        return tape.AddGated(middle, _fc2.Forward(tape, hidden), modulation, Gate2);
    });
}
