using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// Attention of one query for each sequence. B batch, T tokens of the longest sequence, H heads, W = H D width; queries are [B, W],
/// keys and values lie side by side in rows of 2 W; probabilities are [B, H, T].
/// </summary>
internal static unsafe class PooledAttentionKernel
{
    public static void Forward(float* queries, float* keysValues, float* probabilities, float* y, in SequenceLayout sequences,
        int heads, int width)
        => Blocks.For(sequences.Batch, 1, new ForwardBody(queries, keysValues, probabilities, y, sequences, heads, width));

    /// <summary>dq and dkv (+)= the gradients; scratch memory as large as the probabilities is at hand.</summary>
    public static void Backward(
        in Saved forward, float* dy, GradientTarget dq, GradientTarget dkv, float* scratch, in SequenceLayout sequences, int heads)
        => Blocks.For(sequences.Batch, 1, new BackwardBody(forward, dy, dq, dkv, scratch, sequences, heads));

    private static void AddScaled(float* x, float factor, float* y, int length) =>
        TensorPrimitives.MultiplyAdd(Row(x, length), factor, Row(y, length), Row(y, length));

    private static Span<float> Row(float* x, int length) => new(x, length);

    private readonly struct ForwardBody(float* queries, float* keysValues, float* probabilities, float* y, SequenceLayout sequences,
        int heads, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int b = start; b < end; b++)
                for (int head = 0; head < heads; head++) Attend(b, head, sequences.Length(b));
        }

        private void Attend(int b, int head, int count)
        {
            int d = width / heads, row = 2 * width;
            var query = Row(queries + ((long)b * width) + (head * d), d);
            float* keys = keysValues + ((long)sequences.First(b) * row) + (head * d);
            float* p = probabilities + ((((long)b * heads) + head) * sequences.Longest);
            float scale = 1f / MathF.Sqrt(d);
            for (int t = 0; t < count; t++) p[t] = scale * TensorPrimitives.Dot<float>(query, Row(keys + ((long)t * row), d));
            RowKernels.SoftmaxRow(p, p, count);
            float* result = y + ((long)b * width) + (head * d);
            Row(result, d).Clear();
            for (int t = 0; t < count; t++) AddScaled(keys + ((long)t * row) + width, p[t], result, d);
        }
    }

    /// <summary>What the forward pass worked on and made.</summary>
    internal readonly struct Saved(float* queries, float* keysValues, float* probabilities, int width)
    {
        public float* Queries => queries;

        public float* KeysValues => keysValues;

        public float* Probabilities => probabilities;

        public int Width => width;
    }

    private readonly struct BackwardBody(
        Saved forward, float* dy, GradientTarget dq, GradientTarget dkv, float* scratch, SequenceLayout sequences, int heads) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int width = forward.Width;
            for (int b = start; b < end; b++)
            {
                if (dq.Values is not null && !dq.Accumulate) Row(dq.Values + ((long)b * width), width).Clear();
                if (dkv.Values is not null && !dkv.Accumulate)
                    Row(dkv.Values + ((long)sequences.First(b) * 2 * width), sequences.Length(b) * 2 * width).Clear();
                for (int head = 0; head < heads; head++) GoBack(b, head, sequences.Length(b));
            }
        }

        private void GoBack(int b, int head, int count)
        {
            int width = forward.Width, d = width / heads, row = 2 * width;
            float* queries = forward.Queries, keysValues = forward.KeysValues, toQ = dq.Values, toKv = dkv.Values;
            long query = ((long)b * width) + (head * d), key = ((long)sequences.First(b) * row) + (head * d), value = key + width;
            float* p = forward.Probabilities + ((((long)b * heads) + head) * sequences.Longest);
            float* ds = scratch + ((((long)b * heads) + head) * sequences.Longest);
            float scale = 1f / MathF.Sqrt(d);
            for (int t = 0; t < count; t++)
                ds[t] = TensorPrimitives.Dot<float>(Row(dy + query, d), Row(keysValues + value + ((long)t * row), d));
            RowKernels.SoftmaxBackwardRow(p, ds, ds, count, accumulate: false);
            for (int t = 0; t < count; t++)
            {
                long at = (long)t * row;
                if (toQ is not null) AddScaled(keysValues + key + at, scale * ds[t], toQ + query, d);
                if (toKv is null) continue;
                AddScaled(queries + query, scale * ds[t], toKv + key + at, d);
                AddScaled(dy + query, p[t], toKv + value + at, d);
            }
        }
    }
}
