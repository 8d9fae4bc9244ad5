using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: rows [N, D], weights and gradient [C, D + 1], the bias last; targets [N], 0 to C - 1.

/// <summary>
/// Multinomial logistic regression over rows in memory: float32 rows, float64 sums. The same bits for any number of threads.
/// </summary>
internal static unsafe class SoftmaxKernel
{
    private const int RowsPerTask = 128;

    // Every block of rows has a gradient of its own; the blocks, not the threads, decide the order of sums.
    private const int MostTasks = 32;

    /// <summary>The gradient of the mean cross-entropy + penalty |W|^2 / 2, biases free; gives back that value.</summary>
    public static double Gradient(Tensor rows, int[] targets, int classes, double penalty, double[] weights, double[] gradient)
    {
        int count = rows.Rows, width = rows.Width, each = width + 1;
        int perTask = Math.Max(RowsPerTask, Blocks.Count(count, MostTasks)), tasks = Blocks.Count(count, perTask);
        var partials = new double[tasks][];
        var losses = new double[tasks];
        Blocks.For(count, perTask, (start, end) =>
        {
            double[] part = new double[weights.Length], wide = new double[width], scores = new double[classes];
            double loss = 0;
            for (int i = start; i < end; i++)
            {
                Score(rows, i, weights, wide, scores);
                double most = TensorPrimitives.Max<double>(scores), target = scores[targets[i]] - most;
                TensorPrimitives.Subtract(scores, most, scores);
                TensorPrimitives.Exp<double>(scores, scores);
                double sum = TensorPrimitives.Sum<double>(scores);
                loss += Math.Log(sum) - target;
                for (int c = 0; c < classes; c++)
                {
                    double slope = (scores[c] / sum) - (c == targets[i] ? 1 : 0);
                    Span<double> own = part.AsSpan(c * each, width);
                    TensorPrimitives.MultiplyAdd(wide, slope, own, own);
                    part[(c * each) + width] += slope;
                }
            }

            (partials[start / perTask], losses[start / perTask]) = (part, loss);
        });
        Array.Clear(gradient);
        foreach (double[] part in partials) TensorPrimitives.Add(gradient, part, gradient);
        TensorPrimitives.Divide(gradient, (double)count, gradient);
        double squares = 0;
        for (int c = 0; c < classes; c++)
        {
            ReadOnlySpan<double> own = weights.AsSpan(c * each, width);
            squares += TensorPrimitives.SumOfSquares(own);
            TensorPrimitives.MultiplyAdd(own, penalty, gradient.AsSpan(c * each, width), gradient.AsSpan(c * each, width));
        }

        GC.KeepAlive(rows);
        return (TensorPrimitives.Sum<double>(losses) / count) + (0.5 * penalty * squares);
    }

    /// <summary>rows . weights + biases, [N * C], row-major.</summary>
    public static double[] Scores(Tensor rows, double[] weights, int classes)
    {
        var scores = new double[checked(rows.Rows * classes)];
        Blocks.For(rows.Rows, RowsPerTask, (start, end) =>
        {
            var wide = new double[rows.Width];
            for (int i = start; i < end; i++) Score(rows, i, weights, wide, scores.AsSpan(i * classes, classes));
        });
        GC.KeepAlive(rows);
        return scores;
    }

    private static void Score(Tensor rows, int row, double[] weights, double[] wide, Span<double> scores)
    {
        int width = wide.Length;
        TensorPrimitives.ConvertTruncating<float, double>(new ReadOnlySpan<float>(rows.Pointer + ((nint)row * width), width), wide);
        for (int c = 0; c < scores.Length; c++)
        {
            ReadOnlySpan<double> own = weights.AsSpan(c * (width + 1), width + 1);
            scores[c] = TensorPrimitives.Dot(wide, own[..width]) + own[width];
        }
    }
}
