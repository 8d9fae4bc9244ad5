using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [B, D], shift [D], down [H, D], down.bias [H], up [D, H], up.bias [D].

/// <summary>
/// A residual multilayer perceptron: z = x + shift, z + H^-1/2 up gelu(down z + bias) + bias. Its last layer starts
/// at zero, so that at first it is the identity (or the shift alone). The factor makes a step of the optimizer
/// move the output about as far as in a <see cref="LowRankAdapter"/>: one learning rate suits both.
/// </summary>
public sealed class MlpAdapter : Adapter
{
    internal const string KindName = "mlp";

    internal static AdapterKind Definition { get; } = new()
    {
        Name = KindName,
        TakesSize = true,
        Create = start => new MlpAdapter(start.Shift, start.Size ?? 2 * start.Width, start.Random),
        Load = tensors => new MlpAdapter(
            tensors.Read("shift", 1), tensors.Read("down.weight", 2), tensors.Read("down.bias", 1), tensors.Read("up.weight", 2),
            tensors.Read("up.bias", 1)),
    };

    private readonly Tensor _shift;
    private readonly Tensor _down;
    private readonly Tensor _downBias;
    private readonly Tensor _up;
    private readonly Tensor _upBias;

    internal MlpAdapter(Tensor shift, Tensor down, Tensor downBias, Tensor up, Tensor upBias) =>
        (_shift, _down, _downBias, _up, _upBias) = (shift, down, downBias, up, upBias);

    /// <summary>An adapter at its start.</summary>
    /// <param name="shift">[D], added to every row. Fixed; zero for the identity.</param>
    /// <param name="hidden">H, at least 1.</param>
    /// <param name="random">Draws <c>down</c>.</param>
    public MlpAdapter(Tensor shift, int hidden, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(shift);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden, 1);
        int width = shift.Length;
        _shift = shift;
        // Unit rows have entries of about D^-1/2: standard deviation 1 makes the hidden layer's inputs about 1.
        _down = Tensor.Normal(random, 1, hidden, width);
        _downBias = new Tensor(hidden);
        _up = new Tensor(width, hidden);
        _upBias = new Tensor(width);
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Width => _shift.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Values)> Tensors =>
        [("shift", _shift), ("down.weight", _down), ("down.bias", _downBias), ("up.weight", _up), ("up.bias", _upBias)];

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null)
    {
        var shifted = tape.Add(x, _shift);
        var hidden = tape.Scale(tape.Gelu(tape.Linear(shifted, _down, _downBias)), 1 / MathF.Sqrt(_downBias.Length));
        return tape.Add(shifted, tape.Linear(hidden, _up, _upBias));
    }

    /// <inheritdoc/>
    public override void RequireGrad(bool trainable)
    {
        foreach (var tensor in new[] { _down, _downBias, _up, _upBias }) tensor.RequiresGrad = trainable;
    }

    /// <inheritdoc/>
    protected override bool Fits() =>
        _down.Shape[1] == Width && _downBias.Length == _down.Shape[0] && _up.Shape[0] == Width && _up.Shape[1] == _down.Shape[0]
            && _upBias.Length == Width;
}
