using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Ops;

/// <summary>Attention. B batch, T tokens, W width.</summary>
public static unsafe class AttentionOps
{
    /// <summary>Multi-head self-attention softmax(q kᵀ / sqrt(W / heads)) v, before the output projection.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="qkv">[B, T, 3 W]: queries, keys and values side by side, heads in order within each.</param>
    /// <param name="heads">Divides W.</param>
    /// <param name="causal">A token sees itself and those before it.</param>
    /// <param name="lengths">For each of B the number of tokens that are real, 1 to T; the keys after them are not seen. Null: all are real.</param>
    /// <returns>[B, T, W]. Rows after a length are computed like any other and mean nothing.</returns>
    public static Tensor Attention(this Tape tape, Tensor qkv, int heads, bool causal = false, int[]? lengths = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(qkv);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (qkv.Rank != 3 || qkv.Width % (3 * heads) != 0) throw new ArgumentException($"Attention: input {Shapes.Format(qkv.Shape)} is not [B, T, 3 W] with W a multiple of {heads} heads.", nameof(qkv));
        int batch = qkv.Shape[0], tokens = qkv.Shape[1], width = qkv.Width / 3;
        if (lengths is not null && (lengths.Length != batch || lengths.Any(n => n < 1 || n > tokens))) throw new ArgumentException($"Attention: needs {batch} lengths of 1 to {tokens}.", nameof(lengths));

        var y = tape.Rent([batch, tokens, width], qkv.RequiresGrad);
        var probabilities = y.RequiresGrad ? tape.Rent([batch, heads, tokens, tokens]) : null;
        AttentionKernel.Forward(qkv.Pointer, probabilities is null ? null : probabilities.Pointer, y.Pointer, batch, tokens, heads, width, causal, lengths);
        if (probabilities is null) return y;
        tape.Record(y, (qkv, probabilities), static (y, s) =>
        {
            var (qkv, probabilities) = s;
            AttentionKernel.Backward(qkv.Pointer, probabilities.Pointer, y.GradPointer, qkv.GradSink(out bool accumulate), y.Shape[0], y.Shape[1], probabilities.Shape[1], y.Width, accumulate);
        }, probabilities);
        return y;
    }

    /// <summary>
    /// Multi-head attention of one query for each sequence: the row of <see cref="Attention"/> that a pooled transformer uses, at
    /// the cost of that row.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="queries">[B, W].</param>
    /// <param name="keysValues">[B, T, 2 W]: keys and values side by side, heads in order within each.</param>
    /// <param name="heads">Divides W.</param>
    /// <param name="seen">For each of B the number of keys, from the first, that are seen, 1 to T. Null: all.</param>
    /// <returns>[B, W].</returns>
    public static Tensor PooledAttention(this Tape tape, Tensor queries, Tensor keysValues, int heads, int[]? seen = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keysValues);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        int batch = queries.Rows, width = queries.Width;
        if (queries.Rank != 2 || keysValues.Rank != 3 || keysValues.Shape[0] != batch || keysValues.Width != 2 * width || width % heads != 0)
            throw new ArgumentException($"PooledAttention: queries {Shapes.Format(queries.Shape)} and keys with values {Shapes.Format(keysValues.Shape)} are not [B, W] and [B, T, 2 W] with W a multiple of {heads} heads.", nameof(queries));
        int tokens = keysValues.Shape[1];
        int[] counts = seen ?? [.. Enumerable.Repeat(tokens, batch)];
        if (counts.Length != batch || counts.Any(n => n < 1 || n > tokens)) throw new ArgumentException($"PooledAttention: needs {batch} counts of 1 to {tokens}.", nameof(seen));

        var y = tape.Rent([batch, width], queries.RequiresGrad || keysValues.RequiresGrad);
        var probabilities = tape.Rent([batch, heads, tokens]);
        PooledAttentionKernel.Forward(queries.Pointer, keysValues.Pointer, probabilities.Pointer, y.Pointer, batch, tokens, heads, width, counts);
        tape.Record(y, (queries, keysValues, probabilities), static (y, s) =>
        {
            var (queries, keysValues, probabilities) = s;
            bool accumulateQ = false, accumulateKv = false;
            float* dq = queries.RequiresGrad ? queries.GradSink(out accumulateQ) : null;
            float* dkv = keysValues.RequiresGrad ? keysValues.GradSink(out accumulateKv) : null;
            var scratch = BufferPool.Shared.Rent(probabilities.Length);
            PooledAttentionKernel.Backward(
                queries.Pointer, keysValues.Pointer, probabilities.Pointer, y.GradPointer, dq, accumulateQ, dkv, accumulateKv, scratch.Pointer,
                y.Shape[0], probabilities.Shape[2], probabilities.Shape[1], y.Width);
            BufferPool.Shared.Return(scratch);
        }, probabilities);
        return y;
    }
}
