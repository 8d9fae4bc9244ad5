using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [N, D], shift [D], weight [E, D], bias [E].

/// <summary>
/// weight (x + shift) + bias. Where both widths are the same it starts at the identity, so that at first it only shifts; else at
/// a random projection, which keeps distances on average.
/// </summary>
public sealed class LinearAdapter : Adapter
{
    internal const string KindName = "linear";

    internal static AdapterKind Definition { get; } = new()
    {
        Name = KindName,
        ChangesWidth = true,
        Create = start => new LinearAdapter(start.Shift, start.OutputWidth, start.Random),
        Load = tensors => new LinearAdapter(tensors.Read("shift", 1), tensors.Read("weight", 2), tensors.Read("bias", 1)),
    };

    private readonly Tensor _shift;
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    internal LinearAdapter(Tensor shift, Tensor weight, Tensor bias) => (_shift, _weight, _bias) = (shift, weight, bias);

    /// <summary>An adapter at its start.</summary>
    /// <param name="shift">[D], added to every row. Fixed.</param>
    /// <param name="outputWidth">E, at least 1.</param>
    /// <param name="random">Draws the weights where E is not D.</param>
    public LinearAdapter(Tensor shift, int outputWidth, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(shift);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputWidth, 1);
        (_shift, _weight, _bias) = (shift, StartWeight(shift.Length, outputWidth, random), new Tensor(outputWidth));
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Width => _shift.Length;

    /// <inheritdoc/>
    public override int OutputWidth => _bias.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Values)> Tensors => [("shift", _shift), ("weight", _weight), ("bias", _bias)];

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null) => tape.Linear(tape.Add(x, _shift), _weight, _bias);

    /// <inheritdoc/>
    public override void RequireGrad(bool trainable) => (_weight.RequiresGrad, _bias.RequiresGrad) = (trainable, trainable);

    /// <inheritdoc/>
    protected override bool Fits() => _weight.Shape[1] == Width && _weight.Shape[0] == OutputWidth;

    /// <summary>[E, D]: the identity where E is D, else random with rows of length about 1.</summary>
    internal static Tensor StartWeight(int width, int outputWidth, RandomGenerator random)
    {
        if (width != outputWidth) return Tensor.Normal(random, 1 / MathF.Sqrt(width), outputWidth, width);
        var weight = new Tensor(width, width);
        for (int d = 0; d < width; d++) weight.Span[(d * width) + d] = 1;
        return weight;
    }
}
