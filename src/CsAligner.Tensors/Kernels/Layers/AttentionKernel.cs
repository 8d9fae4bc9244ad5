using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// Scaled dot-product self-attention. B batch, T tokens of the longest sequence, H heads, W = H D width; queries, keys and values
/// lie side by side in rows of 3 W, probabilities are [B, H, T, T], those of shorter sequences at the front of their T T.
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Null probabilities are not kept: a backward pass needs them.</summary>
    public static void Forward(float* qkv, float* probabilities, float* y, in SequenceLayout sequences, int heads, int width, bool causal)
        => Blocks.For(sequences.Batch * heads, 1, new ForwardBody(qkv, probabilities, y, sequences, heads, width, causal));

    /// <summary>dqkv (+)= the gradient.</summary>
    public static void Backward(float* qkv, float* probabilities, float* dy, float* dqkv, in SequenceLayout sequences, int heads, int width,
        bool accumulate)
        => Blocks.For(sequences.Batch * heads, 1, new BackwardBody(qkv, probabilities, dy, dqkv, sequences, heads, width, accumulate));

    // Queries, keys and values lie side by side.
    private static HeadRows Head(float* queries, int width) => new(queries, queries + width, queries + (2 * width), 3 * width);

    private readonly struct ForwardBody(float* qkv, float* probabilities, float* y, SequenceLayout sequences, int heads, int width,
        bool causal)
        : IBlockBody
    {
        public void Run(int start, int end)
        {
            int d = width / heads, row = 3 * width;
            for (int task = start; task < end; task++)
            {
                int b = task / heads, head = task % heads;
                long first = sequences.First(b);
                float* q = qkv + (first * row) + (head * d);
                float* p = probabilities is null ? null : probabilities + ((long)task * sequences.Longest * sequences.Longest);
                AttentionHead.For(sequences.Length(b), d)
                    .Forward(Head(q, width), 1f / MathF.Sqrt(d), causal, p, y + (first * width) + (head * d), width);
            }
        }
    }

    private readonly struct BackwardBody(float* qkv, float* probabilities, float* dy, float* dqkv, SequenceLayout sequences, int heads,
        int width, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int d = width / heads, row = 3 * width;
            for (int task = start; task < end; task++)
            {
                int b = task / heads, head = task % heads;
                long first = sequences.First(b), at = (first * row) + (head * d);
                AttentionHead.For(sequences.Length(b), d).Backward(
                    Head(qkv + at, width), 1f / MathF.Sqrt(d), probabilities + ((long)task * sequences.Longest * sequences.Longest),
                    dy + (first * width) + (head * d), width, Head(dqkv + at, width), accumulate);
            }
        }
    }
}
