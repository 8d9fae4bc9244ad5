using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [N, D], shift [D]; of each block norm [D], up [H, D], down [D, H]; final norm [D], out [E, D].

/// <summary>
/// LLM2CLIP's adapter (arXiv 2411.04997): residual blocks z + down(gelu(up(norm(z)))), then a layer norm and a linear layer to the
/// shared width. Each block's last layer starts at zero and the final one at the identity where both widths are the same: what it
/// gives at first is the layer norm of the shifted row.
/// </summary>
public sealed class ResidualStackAdapter : Adapter
{
    internal const string KindName = "stack";

    internal static AdapterKind Definition { get; } = new()
    {
        Name = KindName,
        ChangesWidth = true,
        TakesSize = true,
        TakesLayers = true,
        Create = start => new ResidualStackAdapter(
            start.Shift, start.OutputWidth, start.Size ?? 2 * start.Width, start.Layers ?? DefaultLayers, start.Random),
        Load = Load,
    };

    /// <summary>LLM2CLIP's number of blocks.</summary>
    public const int DefaultLayers = 4;

    private readonly Tensor _shift;
    private readonly Block[] _blocks;
    private readonly Tensor _normWeight;
    private readonly Tensor _normBias;
    private readonly Tensor _outWeight;
    private readonly Tensor _outBias;

    private ResidualStackAdapter(Tensor shift, Block[] blocks, Tensor normWeight, Tensor normBias, Tensor outWeight, Tensor outBias) =>
        (_shift, _blocks, _normWeight, _normBias, _outWeight, _outBias) = (shift, blocks, normWeight, normBias, outWeight, outBias);

    /// <summary>An adapter at its start.</summary>
    /// <param name="shift">[D], added to every row. Fixed.</param>
    /// <param name="outputWidth">E, at least 1.</param>
    /// <param name="hidden">H of each block, at least 1; LLM2CLIP has 2 D.</param>
    /// <param name="layers">The number of blocks, at least 1.</param>
    /// <param name="random">Draws the weights.</param>
    public ResidualStackAdapter(Tensor shift, int outputWidth, int hidden, int layers, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(shift);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        int width = shift.Length;
        _shift = shift;
        _blocks = [.. Enumerable.Range(0, layers).Select(_ => new Block(
            Constant(1, width), new Tensor(width), Tensor.Normal(random, 1 / MathF.Sqrt(width), hidden, width), new Tensor(hidden),
            new Tensor(width, hidden), new Tensor(width)))];
        (_normWeight, _normBias) = (Constant(1, width), new Tensor(width));
        (_outWeight, _outBias) = (LinearAdapter.StartWeight(width, outputWidth, random), new Tensor(outputWidth));
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Width => _shift.Length;

    /// <inheritdoc/>
    public override int OutputWidth => _outBias.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Values)> Tensors =>
    [
        ("shift", _shift), .. _blocks.SelectMany((block, i) => block.Tensors.Select(t => (BlockName(i, t.Name), t.Values))),
        ("norm.weight", _normWeight), ("norm.bias", _normBias), ("out.weight", _outWeight), ("out.bias", _outBias),
    ];

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null)
    {
        var z = tape.Add(x, _shift);
        foreach (var block in _blocks)
        {
            var hidden = tape.Gelu(tape.Linear(tape.LayerNorm(z, block.NormWeight, block.NormBias), block.UpWeight, block.UpBias));
            z = tape.Add(z, tape.Linear(hidden, block.DownWeight, block.DownBias));
        }

        return tape.Linear(tape.LayerNorm(z, _normWeight, _normBias), _outWeight, _outBias);
    }

    /// <inheritdoc/>
    public override void RequireGrad(bool trainable)
    {
        foreach (var (_, values) in Tensors.Skip(1)) values.RequiresGrad = trainable;
    }

    private static ResidualStackAdapter Load(AdapterTensors tensors)
    {
        var blocks = new List<Block>();
        while (tensors.Has(BlockName(blocks.Count, "norm.weight")))
        {
            string Name(string part) => BlockName(blocks.Count, part);
            blocks.Add(new Block(
                tensors.Read(Name("norm.weight"), 1), tensors.Read(Name("norm.bias"), 1), tensors.Read(Name("up.weight"), 2),
                tensors.Read(Name("up.bias"), 1),
                tensors.Read(Name("down.weight"), 2), tensors.Read(Name("down.bias"), 1)));
        }

        return new ResidualStackAdapter(
            tensors.Read("shift", 1), [.. blocks], tensors.Read("norm.weight", 1), tensors.Read("norm.bias", 1),
            tensors.Read("out.weight", 2), tensors.Read("out.bias", 1));
    }

    /// <inheritdoc/>
    protected override bool Fits() =>
        _blocks.Length > 0 && Array.TrueForAll(_blocks, block => block.Fits(Width)) && _normWeight.Length == Width
            && _normBias.Length == Width
        && _outWeight.Shape[1] == Width && _outWeight.Shape[0] == OutputWidth;

    private static string BlockName(int block, string part) => $"layers.{block}.{part}";

    private static Tensor Constant(float value, int width)
    {
        var tensor = new Tensor(width);
        tensor.Span.Fill(value);
        return tensor;
    }

    private sealed record Block(Tensor NormWeight, Tensor NormBias, Tensor UpWeight, Tensor UpBias, Tensor DownWeight, Tensor DownBias)
    {
        public (string Name, Tensor Values)[] Tensors =>
        [
            ("norm.weight", NormWeight), ("norm.bias", NormBias), ("up.weight", UpWeight), ("up.bias", UpBias), ("down.weight", DownWeight),
            ("down.bias", DownBias),
        ];

        public bool Fits(int width) =>
            NormWeight.Length == width && NormBias.Length == width && UpWeight.Shape[1] == width && UpBias.Length == UpWeight.Shape[0]
            && DownWeight.Shape[0] == width && DownWeight.Shape[1] == UpBias.Length && DownBias.Length == width;
    }
}
