using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>A residual plus a branch times the gate of its sample. B samples of T rows of W; gates lie a stride apart.</summary>
internal static unsafe class GateKernel
{
    /// <summary>y = residual + gate[b] branch.</summary>
    public static void Forward(float* residual, float* branch, float* gate, int stride, float* y, int samples, int rows, int width)
        => Blocks.For(samples, 1, new ForwardBody(residual, branch, gate, stride, y, rows, width));

    /// <summary>dbranch (+)= gate[b] dy and dgate[b] += the sum over the rows of dy branch. Either may be null.</summary>
    public static void Backward(
        float* branch, float* gate, int stride, float* dy, float* dbranch, bool accumulate, float* dgate, int samples, int rows, int width)
        => Blocks.For(samples, 1, new BackwardBody(branch, gate, stride, dy, dbranch, accumulate, dgate, rows, width));

    private static Span<float> Row(float* x, long row, int width) => new(x + (row * width), width);

    private readonly struct ForwardBody(float* residual, float* branch, float* gate, int stride, float* y, int rows, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (long r = (long)start * rows; r < (long)end * rows; r++)
            {
                var own = new ReadOnlySpan<float>(gate + (r / rows * stride), width);
                TensorPrimitives.MultiplyAdd(Row(branch, r, width), own, Row(residual, r, width), Row(y, r, width));
            }
        }
    }

    private readonly struct BackwardBody(
        float* branch, float* gate, int stride, float* dy, float* dbranch, bool accumulate, float* dgate, int rows, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (long r = (long)start * rows; r < (long)end * rows; r++)
            {
                long own = r / rows * stride;
                var upstream = Row(dy, r, width);
                if (dbranch is not null)
                {
                    var factor = new ReadOnlySpan<float>(gate + own, width);
                    var target = Row(dbranch, r, width);
                    if (accumulate) TensorPrimitives.MultiplyAdd(upstream, factor, target, target);
                    else TensorPrimitives.Multiply(upstream, factor, target);
                }

                if (dgate is null) continue;
                var sum = new Span<float>(dgate + own, width);
                TensorPrimitives.MultiplyAdd(upstream, Row(branch, r, width), sum, sum);
            }
        }
    }
}
