using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

/// <summary>x + shift. With a shift of zero the rows do not change; with minus the mean of the modality it is the mean-shift
/// baseline.</summary>
public sealed class IdentityAdapter : Adapter
{
    internal const string KindName = "mean-shift";

    internal static AdapterKind Definition { get; } = new()
    {
        Name = KindName,
        Create = start => new IdentityAdapter(start.Shift),
        Load = tensors => new IdentityAdapter(tensors.Read("shift", 1)),
    };

    private readonly Tensor _shift;

    /// <summary>An adapter with a fixed shift.</summary>
    /// <param name="shift">[D].</param>
    public IdentityAdapter(Tensor shift)
    {
        ArgumentNullException.ThrowIfNull(shift);
        _shift = shift;
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Width => _shift.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Values)> Tensors => [("shift", _shift)];

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null) => tape.Add(x, _shift);

    /// <inheritdoc/>
    public override void RequireGrad(bool trainable)
    {
    }

    /// <inheritdoc/>
    protected override bool Fits() => true;
}
