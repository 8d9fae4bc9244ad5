using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Starts;

// Shapes: x [N, D], weight [E, D], shift [E].

/// <summary>
/// A fixed affine map and L2 normalisation, through which rows go before an adapter: z = W x + b, z / |z|. Training never changes it.
/// </summary>
public sealed class StartMap
{
    /// <summary>A map.</summary>
    /// <param name="weight">W, [E, D]; null for the identity, E = D.</param>
    /// <param name="shift">b, [E].</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public StartMap(Tensor? weight, Tensor shift)
    {
        ArgumentNullException.ThrowIfNull(shift);
        if (shift.Rank != 1 || weight is not null && (weight.Rank != 2 || weight.Rows != shift.Length))
            throw new ArgumentException($"A start maps [D] to [E] by [E, D] and [E], got {weight} and {shift}.", nameof(weight));
        (Weight, Shift) = (weight, shift);
    }

    /// <summary>W, [E, D]; null for the identity.</summary>
    public Tensor? Weight { get; }

    /// <summary>b, [E].</summary>
    public Tensor Shift { get; }

    /// <summary>D, of the rows that it maps.</summary>
    public int Width => Weight?.Width ?? Shift.Length;

    /// <summary>E, of the rows that it gives.</summary>
    public int OutputWidth => Shift.Length;

    /// <summary>Maps rows.</summary>
    /// <param name="tape">The tape that records it: gradients pass through to <paramref name="x"/>.</param>
    /// <param name="x">[N, D].</param>
    /// <returns>[N, E], unit rows.</returns>
    public Tensor Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        return tape.Normalize(Weight is null ? tape.Add(x, Shift) : tape.Linear(x, Weight, Shift));
    }
}
