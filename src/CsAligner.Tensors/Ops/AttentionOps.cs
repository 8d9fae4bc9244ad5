using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Layers;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Ops;

/// <summary>Attention. B batch, T tokens, W width.</summary>
public static unsafe class AttentionOps
{
    /// <summary>Multi-head self-attention softmax(q kᵀ / sqrt(W / heads)) v, before the output projection.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="qkv">[B, T, 3 W], or packed sequences [N, 3 W]: queries, keys and values side by side,
    /// heads in order within each.</param>
    /// <param name="heads">Divides W.</param>
    /// <param name="causal">A token sees itself and those before it.</param>
    /// <param name="offsets">Of packed sequences the first row of each, and N: B + 1 numbers. Not copied:
    /// do not change it until the backward pass is done.</param>
    /// <returns>[B, T, W], or [N, W].</returns>
    public static Tensor Attention(this Tape tape, Tensor qkv, int heads, bool causal = false, int[]? offsets = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(qkv);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (qkv.Width % (3 * heads) != 0)
            throw new ArgumentException(
                $"Attention: input {Shapes.Format(qkv.Shape)} has no rows of 3 W with W a multiple of {heads} heads.", nameof(qkv));
        var sequences = SequenceLayout.Of(qkv, offsets, "Attention");
        int width = qkv.Width / 3;

        var y = tape.RentLike(qkv, width, qkv.RequiresGrad);
        var probabilities = y.RequiresGrad ? tape.Rent([sequences.Batch, heads, sequences.Longest, sequences.Longest]) : null;
        AttentionKernel.Forward(qkv.Pointer, probabilities is null ? null : probabilities.Pointer, y.Pointer, sequences, heads,
            width, causal);
        if (probabilities is null) return y;
        tape.Record(y, (qkv, probabilities, sequences), static (y, s) =>
        {
            var (qkv, probabilities, sequences) = s;
            AttentionKernel.Backward(qkv.Pointer, probabilities.Pointer, y.GradPointer, qkv.GradSink(out bool accumulate), sequences,
                probabilities.Shape[1], y.Width, accumulate);
        }, probabilities);
        return y;
    }

    /// <summary>
    /// Multi-head attention of one query for each sequence: the row of <see cref="Attention"/> that a pooled transformer uses, at
    /// the cost of that row.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="queries">[B, W].</param>
    /// <param name="keysValues">[B, T, 2 W], or packed sequences [N, 2 W]: keys and values side by side,
    /// heads in order within each.</param>
    /// <param name="heads">Divides W.</param>
    /// <param name="offsets">As for <see cref="Attention"/>.</param>
    /// <returns>[B, W].</returns>
    public static Tensor PooledAttention(this Tape tape, Tensor queries, Tensor keysValues, int heads, int[]? offsets = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keysValues);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        int batch = queries.Rows, width = queries.Width;
        var sequences = SequenceLayout.Of(keysValues, offsets, "PooledAttention");
        if (queries.Rank != 2 || sequences.Batch != batch || keysValues.Width != 2 * width || width % heads != 0)
            throw new ArgumentException(
                $"PooledAttention: queries {Shapes.Format(queries.Shape)} and keys with values {Shapes.Format(keysValues.Shape)} are not "
                    + $"[B, W] and rows of 2 W for B sequences, with W a multiple of {heads} heads.", nameof(queries));

        var y = tape.Rent([batch, width], queries.RequiresGrad || keysValues.RequiresGrad);
        var probabilities = tape.Rent([batch, heads, sequences.Longest]);
        PooledAttentionKernel.Forward(queries.Pointer, keysValues.Pointer, probabilities.Pointer, y.Pointer, sequences, heads, width);
        tape.Record(y, (queries, keysValues, probabilities, sequences), static (y, s) =>
        {
            var (queries, keysValues, probabilities, sequences) = s;
            GradientTarget dq = queries.GradTarget(), dkv = keysValues.GradTarget();
            var scratch = BufferPool.Shared.Rent(probabilities.Length);
            var forward = new PooledAttentionKernel.Saved(queries.Pointer, keysValues.Pointer, probabilities.Pointer, y.Width);
            PooledAttentionKernel.Backward(forward, y.GradPointer, dq, dkv, scratch.Pointer, sequences, probabilities.Shape[1]);
            BufferPool.Shared.Return(scratch);
        }, probabilities);
        return y;
    }
}
