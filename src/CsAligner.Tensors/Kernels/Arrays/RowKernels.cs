using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Arrays;

/// <summary>Softmax, log-sum-exp and L2 normalisation of rows.</summary>
internal static unsafe class RowKernels
{
    /// <summary>y = softmax of x over the first <paramref name="count"/> elements; returns the log of the sum of exponentials.</summary>
    public static float SoftmaxRow(float* x, float* y, int count)
    {
        float max = TensorPrimitives.Max(new ReadOnlySpan<float>(x, count));

        // A row of minus infinities alone has no softmax; zeros are what a fully masked row means.
        if (float.IsNegativeInfinity(max))
        {
            new Span<float>(y, count).Clear();
            return max;
        }

        var sums = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            var e = VectorMath.Exp(Vector256.Load(x + i) - Vector256.Create(max));
            e.Store(y + i);
            sums += e;
        }

        float sum = Vector256.Sum(sums);
        for (; i < count; i++)
        {
            y[i] = MathF.Exp(x[i] - max);
            sum += y[i];
        }

        TensorPrimitives.Multiply(new ReadOnlySpan<float>(y, count), 1f / sum, new Span<float>(y, count));
        return max + MathF.Log(sum);
    }

    /// <summary>dx (+)= y (dy - sum(dy y)): the gradient of a softmax whose value is y.</summary>
    public static void SoftmaxBackwardRow(float* y, float* dy, float* dx, int count, bool accumulate)
    {
        float dot = TensorPrimitives.Dot(new ReadOnlySpan<float>(y, count), new ReadOnlySpan<float>(dy, count));
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            var gradient = Vector256.Load(y + i) * (Vector256.Load(dy + i) - Vector256.Create(dot));
            if (accumulate) gradient += Vector256.Load(dx + i);
            gradient.Store(dx + i);
        }

        for (; i < count; i++)
        {
            float gradient = y[i] * (dy[i] - dot);
            dx[i] = accumulate ? dx[i] + gradient : gradient;
        }
    }

    public static void Softmax(float* x, float* y, int rows, int width)
        => Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int r = start; r < end; r++) SoftmaxRow(x + ((long)r * width), y + ((long)r * width), width);
        });

    public static void SoftmaxBackward(float* y, float* dy, float* dx, int rows, int width, bool accumulate)
        => Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int r = start; r < end; r++)
                SoftmaxBackwardRow(y + ((long)r * width), dy + ((long)r * width), dx + ((long)r * width), width, accumulate);
        });

    /// <summary>y = x / max(|x|, epsilon); inverses[r] is the factor of the row.</summary>
    public static void Normalize(float* x, float* y, float* inverses, int rows, int width, float epsilon)
        => Blocks.ForRows(rows, width, new NormalizeBody(x, y, inverses, width, epsilon));

    /// <summary>dx (+)= (dy - y (y . dy)) inverse.</summary>
    public static void NormalizeBackward(float* y, float* inverses, float* dy, float* dx, int rows, int width, bool accumulate)
        => Blocks.ForRows(rows, width, new NormalizeBackwardBody(y, inverses, dy, dx, width, accumulate));

    private readonly struct NormalizeBody(float* x, float* y, float* inverses, int width, float epsilon) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++)
            {
                var source = new ReadOnlySpan<float>(x + ((long)r * width), width);
                inverses[r] = 1f / MathF.Max(TensorPrimitives.Norm(source), epsilon);
                TensorPrimitives.Multiply(source, inverses[r], new Span<float>(y + ((long)r * width), width));
            }
        }
    }

    private readonly struct NormalizeBackwardBody(float* y, float* inverses, float* dy, float* dx, int width, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++)
            {
                long at = (long)r * width;
                float dot = TensorPrimitives.Dot(new ReadOnlySpan<float>(y + at, width), new ReadOnlySpan<float>(dy + at, width));
                int i = 0;
                for (; i <= width - 8; i += 8)
                {
                    var gradient = (Vector256.Load(dy + at + i) - (Vector256.Load(y + at + i) * dot)) * inverses[r];
                    if (accumulate) gradient += Vector256.Load(dx + at + i);
                    gradient.Store(dx + at + i);
                }

                for (; i < width; i++)
                {
                    float gradient = (dy[at + i] - (y[at + i] * dot)) * inverses[r];
                    dx[at + i] = accumulate ? dx[at + i] + gradient : gradient;
                }
            }
        }
    }
}
