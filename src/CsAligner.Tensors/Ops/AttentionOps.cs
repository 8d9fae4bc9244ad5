using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels;

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
        var probabilities = tape.Rent([batch, heads, tokens, tokens]);
        AttentionKernel.Forward(qkv.Pointer, probabilities.Pointer, y.Pointer, batch, tokens, heads, width, causal, lengths);
        tape.Record(y, () =>
        {
            var scratch = Tensor.Rent(probabilities.Shape, requiresGrad: false);
            AttentionKernel.Backward(qkv.Pointer, probabilities.Pointer, y.GradPointer, qkv.GradSink(out bool accumulate), scratch.Pointer, batch, tokens, heads, width, accumulate);
            scratch.Release();
        }, probabilities);
        return y;
    }
}
