using System.Numerics.Tensors;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// Scaled dot-product self-attention. B batch, T tokens, H heads, W = H D width; queries, keys and values lie side by
/// side in rows of 3 W, probabilities are [B, H, T, T].
/// </summary>
internal static unsafe class AttentionKernel
{
    public static void Forward(float* qkv, float* probabilities, float* y, int batch, int tokens, int heads, int width, bool causal, int[]? lengths)
        => Blocks.For(batch * heads, 1, new ForwardBody(qkv, probabilities, y, tokens, heads, width, causal, lengths));

    /// <summary>dqkv (+)= the gradient; <paramref name="scratch"/> is as large as the probabilities.</summary>
    public static void Backward(float* qkv, float* probabilities, float* dy, float* dqkv, float* scratch, int batch, int tokens, int heads, int width, bool accumulate)
        => Blocks.For(batch * heads, 1, new BackwardBody(qkv, probabilities, dy, dqkv, scratch, tokens, heads, width, accumulate));

    private readonly struct ForwardBody(float* qkv, float* probabilities, float* y, int tokens, int heads, int width, bool causal, int[]? lengths) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int task = start; task < end; task++) Attend(task / heads, task % heads, probabilities + ((long)task * tokens * tokens));
        }

        private void Attend(int b, int head, float* p)
        {
            int d = width / heads, row = 3 * width;
            float scale = 1f / MathF.Sqrt(d);
            float* q = qkv + ((long)b * tokens * row) + (head * d);
            Gemm.Run(tokens, tokens, d, q, row, 1, q + width, 1, row, p, tokens, accumulate: false);
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(p, tokens * tokens), scale, new Span<float>(p, tokens * tokens));
            for (int t = 0; t < tokens; t++)
            {
                int seen = Math.Min(causal ? t + 1 : tokens, lengths is null ? tokens : lengths[b]);
                float* scores = p + (t * tokens);
                if (seen > 0) RowKernels.SoftmaxRow(scores, scores, seen);
                new Span<float>(scores + seen, tokens - seen).Clear();
            }

            Gemm.Run(tokens, d, tokens, p, tokens, 1, q + (2 * width), row, 1, y + ((long)b * tokens * width) + (head * d), width, accumulate: false);
        }
    }

    private readonly struct BackwardBody(float* qkv, float* probabilities, float* dy, float* dqkv, float* scratch, int tokens, int heads, int width, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int task = start; task < end; task++) GoBack(task / heads, task % heads, probabilities + ((long)task * tokens * tokens), scratch + ((long)task * tokens * tokens));
        }

        private void GoBack(int b, int head, float* p, float* ds)
        {
            int d = width / heads, row = 3 * width;
            float scale = 1f / MathF.Sqrt(d);
            long at = ((long)b * tokens * row) + (head * d);
            float* q = qkv + at;
            float* dq = dqkv + at;
            float* upstream = dy + ((long)b * tokens * width) + (head * d);
            Gemm.Run(tokens, d, tokens, p, 1, tokens, upstream, width, 1, dq + (2 * width), row, accumulate);
            Gemm.Run(tokens, tokens, d, upstream, width, 1, q + (2 * width), 1, row, ds, tokens, accumulate: false);
            for (int t = 0; t < tokens; t++) RowKernels.SoftmaxBackwardRow(p + (t * tokens), ds + (t * tokens), ds + (t * tokens), tokens, accumulate: false);
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(ds, tokens * tokens), scale, new Span<float>(ds, tokens * tokens));
            Gemm.Run(tokens, d, tokens, ds, tokens, 1, q + width, row, 1, dq, row, accumulate);
            Gemm.Run(tokens, d, tokens, ds, 1, tokens, q, row, 1, dq + width, row, accumulate);
        }
    }
}
