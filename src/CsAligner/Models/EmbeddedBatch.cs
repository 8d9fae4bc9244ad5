using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Models;

/// <summary>
/// An embedder's output for the samples from <paramref name="First"/> on; its tensors are valid only during the callback. Rows that are
/// not finite or zero throughout are refused here, from any encoder, so that they are never compared or written by mistake.
/// </summary>
/// <param name="First">The number of its first sample.</param>
/// <param name="Features">[B, D], rows of unit length.</param>
/// <param name="Tokens">[N, D], rows of unit length, packed one sample below the other; null if none were asked for.</param>
/// <param name="Offsets">B + 1 numbers: sample First + b has the tokens Offsets[b] up to Offsets[b + 1]; null without tokens.</param>
/// <exception cref="UnusableFeaturesException">The features of a sample are not finite, or zero throughout.</exception>
public sealed record EmbeddedBatch(int First, Tensor Features, Tensor? Tokens = null, int[]? Offsets = null)
{
    /// <summary>[B, D], rows of unit length.</summary>
    public Tensor Features { get; } = Checked(First, Features, row => row);

    /// <summary>[N, D], rows of unit length; null if none were asked for.</summary>
    public Tensor? Tokens { get; } = Tokens is null || Offsets is null ? Tokens : Checked(First, Tokens, row => Sample(Offsets, row));

    private static Tensor Checked(int first, Tensor rows, Func<int, int> sampleOf)
    {
        ArgumentNullException.ThrowIfNull(rows);
        for (int i = 0; i < rows.Rows; i++)
        {
            float norm = TensorPrimitives.Norm<float>(rows.Span.Slice(i * rows.Width, rows.Width));
            if (!float.IsFinite(norm) || norm == 0) throw new UnusableFeaturesException(first + sampleOf(i), isZero: norm == 0);
        }

        return rows;
    }

    private static int Sample(int[] offsets, int token)
    {
        int place = Array.BinarySearch(offsets, token + 1);
        return (place < 0 ? ~place : place) - 1;
    }
}
