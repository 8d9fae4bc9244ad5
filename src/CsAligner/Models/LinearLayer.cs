using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Layers;
using CsAligner.Tensors.Ops;

namespace CsAligner.Models;

/// <summary>x Wᵀ + bias, K inputs and N outputs, and what a transformer does right after it. Without a bias, 0 is added.</summary>
internal sealed class LinearLayer
{
    private readonly int _first, _outputs;
    private bool _frozen;
    private (PackedWeights Weight, Tensor Bias)? _packed;

    public LinearLayer(int inputs, int outputs)
        : this(new Tensor(outputs, inputs), new Tensor(outputs), [], 0, outputs)
    {
    }

    /// <summary>A layer without bias around weights [N, K].</summary>
    public LinearLayer(Tensor weight)
        : this(weight, null, [], 0, weight.Shape[0])
    {
    }

    private LinearLayer(Tensor weight, Tensor? bias, List<ILinearDelta> additions, int first, int outputs)
    {
        (Weight, Bias, Additions) = (weight, bias, additions);
        (_first, _outputs) = (first, outputs);
    }

    /// <summary>[N, K]; of a part, those of the whole.</summary>
    public Tensor Weight { get; }

    /// <summary>[N], or null; of a part, those of the whole.</summary>
    public Tensor? Bias { get; }

    /// <summary>Additions to some of the outputs; a part has those of the whole layer. No two cover the same outputs.</summary>
    public List<ILinearDelta> Additions { get; }

    /// <summary>
    /// Whether the weights are frozen. Then tapes that do not record read a packed copy of them, made at the first use.
    /// </summary>
    public bool Frozen
    {
        get => _frozen;
        set
        {
            _frozen = value;
            _packed = null;
        }
    }

    /// <summary>The layer that computes some of the outputs with the same weights; it is frozen apart.</summary>
    public LinearLayer Part(int first, int outputs) => new(Weight, Bias, Additions, _first + first, outputs);

    public Tensor Forward(Tape tape, Tensor x) => Forward(tape, x, LinearEpilogueKind.None, null);

    /// <summary>The layer, then the nonlinearity.</summary>
    public Tensor Forward(Tape tape, Tensor x, Activation activation) => Forward(tape, x, FinishOf(activation), null);

    /// <summary>The residual and the layer.</summary>
    public Tensor ForwardAdded(Tape tape, Tensor x, Tensor residual) => Forward(tape, x, LinearEpilogueKind.AddResidual, residual);

    private Tensor Forward(Tape tape, Tensor x, LinearEpilogueKind finish, Tensor? residual)
    {
        var added = Additions.Count == 0 ? null : Added(tape, x);
        if (_frozen && !tape.Recording)
        {
            // Two threads at once make two copies and keep one: both are right.
            var packed = _packed is { } kept && kept.Weight.Path == Simd.Path ? kept : Pack();
            _packed = packed;
            return added == null
                ? tape.Linear(x, packed.Weight, packed.Bias, finish, residual)
                : Finish(tape, tape.Add(tape.Linear(x, packed.Weight, packed.Bias), added), finish, residual);
        }

        bool whole = _outputs == Weight.Shape[0];
        var y = tape.Linear(x, whole ? Weight : tape.Slice(Weight, 0, _first, _outputs),
            whole || Bias is null ? Bias : tape.Slice(Bias, 0, _first, _outputs));
        return Finish(tape, added == null ? y : tape.Add(y, added), finish, residual);
    }

    private static Tensor Finish(Tape tape, Tensor y, LinearEpilogueKind finish, Tensor? residual) => finish switch
    {
        LinearEpilogueKind.QuickGelu => tape.QuickGelu(y),
        LinearEpilogueKind.Gelu => tape.Gelu(y),
        LinearEpilogueKind.Relu => tape.Relu(y),
        LinearEpilogueKind.AddResidual => tape.Add(residual!, y),
        _ => y,
    };

    // To all outputs, zero if there is no addition; null if none of them has outputs of this part.
    private Tensor? Added(Tape tape, Tensor x)
    {
        var parts = new List<Tensor>();
        int at = _first;
        foreach (var addition in Additions.Where(a => a.First >= _first && a.First < _first + _outputs).OrderBy(a => a.First))
        {
            if (addition.First > at) parts.Add(Zeros(x, addition.First - at));
            parts.Add(addition.Forward(tape, x));
            at = addition.First + addition.Outputs;
        }

        if (parts.Count == 0) return null;
        if (at < _first + _outputs) parts.Add(Zeros(x, _first + _outputs - at));
        return parts.Count == 1 ? parts[0] : tape.Concat(x.Rank - 1, [.. parts]);
    }

    private static Tensor Zeros(Tensor x, int width) => new([.. x.Shape[..^1], width]);

    private static LinearEpilogueKind FinishOf(Activation activation) => activation switch
    {
        Activation.QuickGelu => LinearEpilogueKind.QuickGelu,
        Activation.Gelu => LinearEpilogueKind.Gelu,
        Activation.Relu => LinearEpilogueKind.Relu,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "no such nonlinearity"),
    };

    private (PackedWeights Weight, Tensor Bias) Pack()
        => (PackedWeights.Of(Weight, _first, _outputs),
            Bias is null ? new Tensor(_outputs) : Tensor.From(Bias.Span.Slice(_first, _outputs), _outputs));
}
