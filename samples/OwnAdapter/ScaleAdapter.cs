using CsAligner.Adapters;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace OwnAdapter;

// adapter begins
/// <summary>scale (x + shift): a factor for each dimension. x [N, D], shift and scale [D].</summary>
public sealed class ScaleAdapter(Tensor shift, Tensor scale) : Adapter
{
    public static AdapterKind Definition { get; } = new()
    {
        Name = "scale",
        Create = start => new ScaleAdapter(start.Shift, Ones(start.Width)),
        Load = tensors => new ScaleAdapter(tensors.Read("shift", rank: 1), tensors.Read("scale", rank: 1)),
    };

    public override string Kind => Definition.Name;

    public override int Width => shift.Length;

    public override IReadOnlyList<(string Name, Tensor Values)> Tensors => [("shift", shift), ("scale", scale)];

    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null) => tape.Mul(tape.Add(x, shift), scale);

    public override void RequireGrad(bool trainable) => scale.RequiresGrad = trainable;

    protected override bool Fits() => scale.Length == Width;

    private static Tensor Ones(int width) => Tensor.From(Enumerable.Repeat(1f, width).ToArray(), width);
}
// adapter ends
