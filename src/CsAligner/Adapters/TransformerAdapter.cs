using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [N, D] packed samples, of each its feature, then its tokens; shift [D].

/// <summary>
/// A transformer over a sample's feature and tokens (Eclipse's prior, arXiv 2312.04655, without its time): z = x + shift goes through
/// pre-norm blocks in which all rows of the sample see each other, and z + out(norm(blocks(z))) is the result, for the feature as
/// for the tokens. The last layer starts at zero, so that at first it only shifts.
/// </summary>
public sealed class TransformerAdapter : Adapter
{
    internal const string KindName = "transformer";

    internal static AdapterKind Definition { get; } = new()
    {
        Name = KindName,
        TakesSize = true,
        TakesLayers = true,
        Create = start => new TransformerAdapter(start.Shift, start.Size ?? 2 * start.Width, start.Layers ?? DefaultLayers, start.Random),
        Load = Load,
    };

    /// <summary>The number of blocks where none is given.</summary>
    public const int DefaultLayers = 2;

    private const int HeadWidth = 64;

    private readonly Tensor _shift;
    private readonly TransformerBlock[] _blocks;
    private readonly Tensor _normWeight;
    private readonly Tensor _normBias;
    private readonly Tensor _outWeight;
    private readonly Tensor _outBias;

    private TransformerAdapter(Tensor shift, int hidden, int layers)
    {
        _shift = shift;
        int width = shift.Length;
        var config = new TransformerConfig
        {
            Width = width,
            MlpWidth = hidden,
            Layers = layers,
            Heads = Heads(width),
            Activation = Activation.Gelu
        };
        _blocks = [.. Enumerable.Range(0, layers).Select(_ => new TransformerBlock(config))];
        (_normWeight, _normBias) = (TransformerBlock.Ones(width), new Tensor(width));
        (_outWeight, _outBias) = (new Tensor(width, width), new Tensor(width));
    }

    /// <summary>An adapter at its start.</summary>
    /// <param name="shift">[D], added to every row. Fixed.</param>
    /// <param name="hidden">Hidden width of each block's MLP, at least 1.</param>
    /// <param name="layers">The number of blocks, at least 1.</param>
    /// <param name="random">Draws the weights.</param>
    public TransformerAdapter(Tensor shift, int hidden, int layers, RandomGenerator random)
        : this(shift ?? throw new ArgumentNullException(nameof(shift)), hidden, layers)
    {
        foreach (var block in _blocks) block.Initialize(random);
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Width => _shift.Length;

    /// <inheritdoc/>
    public override bool UsesTokens => true;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Values)> Tensors =>
    [
        ("shift", _shift),
        .. _blocks.SelectMany((block, i) => block.Parameters(BlockName(i)).Select(p => (FusedName(p.Names[0]), p.Values))),
        ("norm.weight", _normWeight), ("norm.bias", _normBias), ("out.weight", _outWeight), ("out.bias", _outBias),
    ];

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null)
    {
        int[] samples = offsets ?? [.. Enumerable.Range(0, x.Rows + 1)];
        var shifted = tape.Add(x, _shift);
        var z = shifted;
        foreach (var block in _blocks) z = block.Forward(tape, z, causal: false, samples);
        return tape.Add(shifted, tape.Linear(tape.LayerNorm(z, _normWeight, _normBias), _outWeight, _outBias));
    }

    /// <inheritdoc/>
    public override void RequireGrad(bool trainable)
    {
        foreach (var (_, values) in Tensors.Skip(1)) values.RequiresGrad = trainable;
    }

    private static TransformerAdapter Load(AdapterTensors tensors)
    {
        int layers = 0;
        while (tensors.Has(BlockName(layers) + "mlp.fc1.bias")) layers++;
        var shift = tensors.Read("shift", 1);
        if (layers == 0) throw tensors.Misfit();
        var adapter = new TransformerAdapter(shift, tensors.Read(BlockName(0) + "mlp.fc1.bias", 1).Length, layers);
        foreach (var (name, values) in adapter.Tensors.Skip(1))
        {
            var read = tensors.Read(name, values.Rank);
            if (!read.Shape.SequenceEqual(values.Shape)) throw tensors.Misfit();
            read.Span.CopyTo(values.Span);
        }

        return adapter;
    }

    /// <inheritdoc/>
    protected override bool Fits() => true;

    private static string BlockName(int block) => $"layers.{block}.";

    // The three projections are one tensor here, which has PyTorch's name for that.
    private static string FusedName(string name) => name.Replace("q_proj.", "in_proj_", StringComparison.Ordinal);

    // The most heads of at least 64 that divide the width.
    private static int Heads(int width)
    {
        int heads = Math.Max(1, width / HeadWidth);
        while (width % heads != 0) heads--;
        return heads;
    }
}
