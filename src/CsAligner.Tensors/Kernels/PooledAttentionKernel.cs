using System.Numerics.Tensors;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// Attention of one query for each sequence. B batch, T tokens, H heads, W = H D width; queries are [B, W], keys and values
/// lie side by side in rows of 2 W, [B, T, 2 W]; probabilities are [B, H, T].
/// </summary>
internal static unsafe class PooledAttentionKernel
{
    public static void Forward(float* queries, float* keysValues, float* probabilities, float* y, int batch, int tokens, int heads, int width, int[] seen)
    {
        int d = width / heads;
        float scale = 1f / MathF.Sqrt(d);
        Workers.For(batch, b =>
        {
            float* keys = keysValues + ((long)b * tokens * 2 * width);
            for (int head = 0; head < heads; head++)
            {
                int at = head * d;
                var query = Row(queries + ((long)b * width) + at, d);
                float* p = probabilities + ((((long)b * heads) + head) * tokens);
                for (int t = 0; t < seen[b]; t++) p[t] = scale * TensorPrimitives.Dot(query, Row(keys + ((long)t * 2 * width) + at, d));
                RowKernels.SoftmaxRow(p, p, seen[b]);
                Row(p + seen[b], tokens - seen[b]).Clear();
                var result = Row(y + ((long)b * width) + at, d);
                result.Clear();
                for (int t = 0; t < seen[b]; t++) TensorPrimitives.MultiplyAdd(Row(keys + ((long)t * 2 * width) + width + at, d), p[t], result, result);
            }
        });
    }

    /// <summary>dq and dkv (+)= the gradients; <paramref name="scratch"/> is as large as the probabilities. Either may be null.</summary>
    public static void Backward(
        float* queries, float* keysValues, float* probabilities, float* dy, float* dq, bool accumulateQ, float* dkv, bool accumulateKv, float* scratch, int batch, int tokens, int heads, int width)
    {
        int d = width / heads;
        float scale = 1f / MathF.Sqrt(d);
        Workers.For(batch, b =>
        {
            long start = (long)b * tokens * 2 * width;
            if (dkv is not null && !accumulateKv) Row(dkv + start, tokens * 2 * width).Clear();
            if (dq is not null && !accumulateQ) Row(dq + ((long)b * width), width).Clear();
            for (int head = 0; head < heads; head++)
            {
                long query = ((long)b * width) + (head * d), key = start + (head * d), value = key + width;
                float* p = probabilities + ((((long)b * heads) + head) * tokens);
                float* ds = scratch + ((((long)b * heads) + head) * tokens);
                var upstream = Row(dy + query, d);
                for (int t = 0; t < tokens; t++) ds[t] = TensorPrimitives.Dot(upstream, Row(keysValues + value + ((long)t * 2 * width), d));
                RowKernels.SoftmaxBackwardRow(p, ds, ds, tokens, accumulate: false);
                for (int t = 0; t < tokens; t++)
                {
                    long row = (long)t * 2 * width;
                    float weight = scale * ds[t];
                    if (dq is not null) AddScaled(keysValues + key + row, weight, dq + query, d);
                    if (dkv is null) continue;
                    AddScaled(queries + query, weight, dkv + key + row, d);
                    AddScaled(dy + query, p[t], dkv + value + row, d);
                }
            }
        });
    }

    private static void AddScaled(float* x, float factor, float* y, int length) => TensorPrimitives.MultiplyAdd(Row(x, length), factor, Row(y, length), Row(y, length));

    private static Span<float> Row(float* x, int length) => new(x, length);
}
