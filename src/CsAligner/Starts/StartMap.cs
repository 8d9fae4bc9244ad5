using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Starts;

// Shapes: x [N, D], weight [D, D], shift [D].

/// <summary>
/// A fixed affine map and L2 normalisation, through which rows go before an adapter: z = W x + b, z / |z|. Training never changes it.
/// </summary>
public sealed class StartMap
{
    /// <summary>A map.</summary>
    /// <param name="weight">W, [D, D]; null for the identity.</param>
    /// <param name="shift">b, [D].</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public StartMap(Tensor? weight, Tensor shift)
    {
        ArgumentNullException.ThrowIfNull(shift);
        if (shift.Rank != 1 || weight is not null && (weight.Rank != 2 || weight.Rows != shift.Length || weight.Width != shift.Length))
            throw new ArgumentException($"A start maps [D] to [D] by [D, D] and [D], got {weight} and {shift}.", nameof(weight));
        (Weight, Shift) = (weight, shift);
    }

    /// <summary>W, [D, D]; null for the identity.</summary>
    public Tensor? Weight { get; }

    /// <summary>b, [D].</summary>
    public Tensor Shift { get; }

    /// <summary>D.</summary>
    public int Width => Shift.Length;

    /// <summary>Maps rows.</summary>
    /// <param name="tape">The tape that records it: gradients pass through to <paramref name="x"/>.</param>
    /// <param name="x">[N, D].</param>
    /// <returns>[N, D], unit rows.</returns>
    public Tensor Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        return tape.Normalize(Weight is null ? tape.Add(x, Shift) : tape.Linear(x, Weight, Shift));
    }
}
