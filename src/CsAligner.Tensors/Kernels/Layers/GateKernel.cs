using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>A residual plus a branch times the gate of its sample. Groups are samples, B of T rows of W, their vectors gates.</summary>
internal static unsafe class GateKernel
{
    /// <summary>y = residual + gate[b] branch.</summary>
    public static void Forward(float* residual, float* branch, float* gate, float* y, in RowGroups samples)
        => Blocks.For(samples.Count, 1, new ForwardBody(residual, branch, gate, y, samples));

    /// <summary>dbranch (+)= gate[b] dy and dgate[b] += the sum over the rows of dy branch, unless it is null.</summary>
    public static void Backward(
        float* branch, float* gate, float* dy, GradientTarget dbranch, float* dgate, in RowGroups samples)
        => Blocks.For(samples.Count, 1, new BackwardBody(branch, gate, dy, dbranch, dgate, samples));

    private static Span<float> Row(float* x, long row, int width) => new(x + (row * width), width);

    private readonly struct ForwardBody(float* residual, float* branch, float* gate, float* y, RowGroups samples) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int rows = samples.Rows, width = samples.Width, stride = samples.Stride;
            for (long r = (long)start * rows; r < (long)end * rows; r++)
            {
                var own = new ReadOnlySpan<float>(gate + (r / rows * stride), width);
                TensorPrimitives.MultiplyAdd(Row(branch, r, width), own, Row(residual, r, width), Row(y, r, width));
            }
        }
    }

    private readonly struct BackwardBody(
        float* branch, float* gate, float* dy, GradientTarget dbranch, float* dgate, RowGroups samples) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int rows = samples.Rows, width = samples.Width, stride = samples.Stride;
            for (long r = (long)start * rows; r < (long)end * rows; r++)
            {
                long own = r / rows * stride;
                var upstream = Row(dy, r, width);
                if (dbranch.Values is not null)
                {
                    var factor = new ReadOnlySpan<float>(gate + own, width);
                    var target = Row(dbranch.Values, r, width);
                    if (dbranch.Accumulate) TensorPrimitives.MultiplyAdd(upstream, factor, target, target);
                    else TensorPrimitives.Multiply(upstream, factor, target);
                }

                if (dgate is null) continue;
                var sum = new Span<float>(dgate + own, width);
                TensorPrimitives.MultiplyAdd(upstream, Row(branch, r, width), sum, sum);
            }
        }
    }
}
