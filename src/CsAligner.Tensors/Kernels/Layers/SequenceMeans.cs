using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>The mean row of each sequence, its rows added in their order.</summary>
internal static unsafe class SequenceMeans
{
    /// <summary>y[b] = the mean of the rows of sequence b.</summary>
    public static void Forward(float* x, SequenceLayout sequences, int width, float* y) =>
        Blocks.ForRows(sequences.Batch, width * sequences.Longest, new ForwardBody(x, sequences, width, y));

    /// <summary>dx[r] (+)= dy[b] / T for each row r of sequence b.</summary>
    public static void Backward(float* dy, SequenceLayout sequences, int width, float* dx, bool accumulate) =>
        Blocks.ForRows(sequences.Batch, width * sequences.Longest, new BackwardBody(dy, sequences, width, dx, accumulate));

    private static Span<float> Row(float* x, int row, int width) => new(x + ((nint)row * width), width);

    private readonly struct ForwardBody(float* x, SequenceLayout sequences, int width, float* y) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int b = start; b < end; b++)
            {
                var mean = Row(y, b, width);
                int first = sequences.First(b), length = sequences.Length(b);
                mean.Clear();
                for (int r = first; r < first + length; r++) TensorPrimitives.Add(mean, Row(x, r, width), mean);
                TensorPrimitives.Divide(mean, length, mean);
            }
        }
    }

    private readonly struct BackwardBody(float* dy, SequenceLayout sequences, int width, float* dx, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int b = start; b < end; b++)
            {
                int first = sequences.First(b), length = sequences.Length(b);
                for (int r = first; r < first + length; r++)
                {
                    if (accumulate) TensorPrimitives.MultiplyAdd(Row(dy, b, width), 1f / length, Row(dx, r, width), Row(dx, r, width));
                    else TensorPrimitives.Multiply(Row(dy, b, width), 1f / length, Row(dx, r, width));
                }
            }
        }
    }
}
