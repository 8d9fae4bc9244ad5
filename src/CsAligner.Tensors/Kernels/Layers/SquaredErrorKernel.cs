using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>Squared errors of samples, each with a weight.</summary>
internal static unsafe class SquaredErrorKernel
{
    /// <summary>difference = x - target; errors[b] = weights[b] times its sum of squares.</summary>
    public static void Forward(float* x, float* target, float* weights, float* difference, double* errors, int samples, int width)
        => Blocks.For(samples, 1, new ForwardBody(x, target, weights, difference, errors, width));

    /// <summary>dx (+)= factor weights[b] difference.</summary>
    public static void Backward(float* difference, float* weights, float factor, float* dx, bool accumulate, int samples, int width)
        => Blocks.For(samples, 1, new BackwardBody(difference, weights, factor, dx, accumulate, width));

    private static Span<float> Row(float* x, int row, int width) => new(x + ((long)row * width), width);

    private readonly struct ForwardBody(float* x, float* target, float* weights, float* difference, double* errors, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int b = start; b < end; b++)
            {
                var row = Row(difference, b, width);
                TensorPrimitives.Subtract(Row(x, b, width), Row(target, b, width), row);
                errors[b] = weights[b] * (double)TensorPrimitives.SumOfSquares<float>(row);
            }
        }
    }

    private readonly struct BackwardBody(
        float* difference, float* weights, float factor, float* dx, bool accumulate, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int b = start; b < end; b++)
            {
                var row = Row(difference, b, width);
                var target = Row(dx, b, width);
                if (accumulate) TensorPrimitives.MultiplyAdd(row, factor * weights[b], target, target);
                else TensorPrimitives.Multiply(row, factor * weights[b], target);
            }
        }
    }
}
