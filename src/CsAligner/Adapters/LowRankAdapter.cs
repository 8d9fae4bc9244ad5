using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [B, D], shift [D], down [r, D], up [D, r].

/// <summary>
/// A linear map that differs from the identity by rank r, on shifted rows: z = x + shift, z + up (down z). It starts
/// with up = 0, so that at first it only shifts (with minus the modality's mean: the mean-shift baseline).
/// </summary>
public sealed class LowRankAdapter : Adapter
{
    internal const string KindName = "low-rank";

    internal static AdapterKind Definition { get; } = new()
    {
        Name = KindName,
        TakesSize = true,
        Create = start => new LowRankAdapter(start.Shift, start.Size ?? Math.Min(start.Width, 256), start.Random),
        Load = tensors => new LowRankAdapter(tensors.Read("shift", 1), tensors.Read("down.weight", 2), tensors.Read("up.weight", 2)),
    };

    private readonly Tensor _shift;
    private readonly Tensor _down;
    private readonly Tensor _up;

    internal LowRankAdapter(Tensor shift, Tensor down, Tensor up) => (_shift, _down, _up) = (shift, down, up);

    /// <summary>An adapter at its start.</summary>
    /// <param name="shift">[D], added to every row. Fixed.</param>
    /// <param name="rank">r, at least 1.</param>
    /// <param name="random">Draws <c>down</c>.</param>
    public LowRankAdapter(Tensor shift, int rank, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(shift);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        _shift = shift;
        _down = Tensor.Normal(random, 1 / MathF.Sqrt(shift.Length), rank, shift.Length);
        _up = new Tensor(shift.Length, rank);
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Width => _shift.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Values)> Tensors => [("shift", _shift), ("down.weight", _down), ("up.weight", _up)];

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null)
    {
        var shifted = tape.Add(x, _shift);
        return tape.Add(shifted, tape.Linear(tape.Linear(shifted, _down), _up));
    }

    /// <inheritdoc/>
    public override void RequireGrad(bool trainable) => (_down.RequiresGrad, _up.RequiresGrad) = (trainable, trainable);

    /// <inheritdoc/>
    protected override bool Fits() =>
        _down.Shape[1] == Width && _up.Shape[0] == Width && _up.Shape[1] == _down.Shape[0];
}
