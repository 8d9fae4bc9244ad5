namespace CsAligner.Tensors.Kernels;

/// <summary>
/// Scaled dot-product self-attention. B batch, T tokens, H heads, W = H D width; queries, keys and values lie side by
/// side in rows of 3 W, probabilities are [B, H, T, T].
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Null probabilities are not kept: a backward pass needs them.</summary>
    public static void Forward(float* qkv, float* probabilities, float* y, int batch, int tokens, int heads, int width, bool causal, int[]? lengths)
        => Blocks.For(batch * heads, 1, new ForwardBody(qkv, probabilities, y, tokens, heads, width, causal, lengths));

    /// <summary>dqkv (+)= the gradient.</summary>
    public static void Backward(float* qkv, float* probabilities, float* dy, float* dqkv, int batch, int tokens, int heads, int width, bool accumulate)
        => Blocks.For(batch * heads, 1, new BackwardBody(qkv, probabilities, dy, dqkv, tokens, heads, width, accumulate));

    private readonly struct ForwardBody(float* qkv, float* probabilities, float* y, int tokens, int heads, int width, bool causal, int[]? lengths) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int d = width / heads, row = 3 * width;
            var work = AttentionHead.For(tokens, d);
            for (int task = start; task < end; task++)
            {
                int b = task / heads, head = task % heads;
                float* q = qkv + ((long)b * tokens * row) + (head * d);
                float* p = probabilities is null ? null : probabilities + ((long)task * tokens * tokens);
                int seen = lengths is null ? tokens : lengths[b];
                work.Forward(q, q + width, q + (2 * width), row, 1f / MathF.Sqrt(d), seen, causal, p, y + ((long)b * tokens * width) + (head * d), width);
            }
        }
    }

    private readonly struct BackwardBody(float* qkv, float* probabilities, float* dy, float* dqkv, int tokens, int heads, int width, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int d = width / heads, row = 3 * width;
            var work = AttentionHead.For(tokens, d);
            for (int task = start; task < end; task++)
            {
                int b = task / heads, head = task % heads;
                long at = ((long)b * tokens * row) + (head * d);
                float* q = qkv + at;
                float* dq = dqkv + at;
                work.Backward(
                    q, q + width, q + (2 * width), row, 1f / MathF.Sqrt(d), probabilities + ((long)task * tokens * tokens),
                    dy + ((long)b * tokens * width) + (head * d), width, dq, dq + width, dq + (2 * width), accumulate);
            }
        }
    }
}
