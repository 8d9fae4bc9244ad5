using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

// Shapes: rows [N, D], weights [D + 1], the bias last; labels 0 or 1.

/// <summary>Logistic regression over rows in memory: float32 rows, float64 sums. The same bits for any number of threads.</summary>
internal static unsafe class LogisticKernel
{
    private const int RowsPerTask = 128;

    /// <summary>The gradient of the mean cross-entropy of labels, without a penalty; gives back that mean.</summary>
    public static double Gradient(Tensor rows, ReadOnlySpan<bool> labels, double[] weights, double[] gradient)
    {
        int count = rows.Rows, width = rows.Width;
        bool[] right = labels.ToArray();
        double[] scores = Scores(rows, weights), losses = new double[count];
        using var scratch = new Scratch();
        int tasks = Blocks.Count(count, RowsPerTask);
        double* partials = scratch.Doubles((long)tasks * (width + 1));
        Blocks.For(count, RowsPerTask, (start, end) =>
        {
            var part = new Span<double>(partials + ((nint)(start / RowsPerTask) * (width + 1)), width + 1);
            var wide = new double[width];
            for (int i = start; i < end; i++)
            {
                double slope = InfoNceStatistics.Sigmoid(scores[i]) - (right[i] ? 1 : 0);
                losses[i] = InfoNceStatistics.SoftPlus(right[i] ? -scores[i] : scores[i]);
                TensorPrimitives.ConvertTruncating<float, double>(new ReadOnlySpan<float>(rows.Pointer + ((nint)i * width), width), wide);
                TensorPrimitives.MultiplyAdd(wide, slope, part[..width], part[..width]);
                part[width] += slope;
            }
        });
        Array.Clear(gradient);
        for (int task = 0; task < tasks; task++)
            TensorPrimitives.Add(gradient, new ReadOnlySpan<double>(partials + ((nint)task * (width + 1)), width + 1), gradient);
        TensorPrimitives.Divide(gradient, (double)count, gradient);
        GC.KeepAlive(rows);
        return TensorPrimitives.Sum<double>(losses) / count;
    }

    /// <summary>rows . weights + bias.</summary>
    public static double[] Scores(Tensor rows, double[] weights)
    {
        int width = rows.Width;
        var scores = new double[rows.Rows];
        Blocks.For(scores.Length, RowsPerTask, (start, end) =>
        {
            var wide = new double[width];
            for (int i = start; i < end; i++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(new ReadOnlySpan<float>(rows.Pointer + ((nint)i * width), width), wide);
                scores[i] = TensorPrimitives.Dot<double>(wide, weights.AsSpan(0, width)) + weights[width];
            }
        });
        GC.KeepAlive(rows);
        return scores;
    }

    public static double[] Mean(Tensor rows)
    {
        using var scratch = new Scratch();
        double* mean = RowSums.Mean(rows.Pointer, rows.Rows, rows.Width, scratch);
        GC.KeepAlive(rows);
        return new ReadOnlySpan<double>(mean, rows.Width).ToArray();
    }

    /// <summary>The mean of |row - mean|^2: a bound on the largest variance in any direction.</summary>
    public static double Spread(Tensor rows, double[] mean)
    {
        var squares = new double[rows.Rows];
        int width = rows.Width;
        Blocks.For(rows.Rows, RowsPerTask, (start, end) =>
        {
            var wide = new double[width];
            for (int i = start; i < end; i++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(new ReadOnlySpan<float>(rows.Pointer + ((nint)i * width), width), wide);
                TensorPrimitives.Subtract<double>(wide, mean, wide);
                squares[i] = TensorPrimitives.SumOfSquares<double>(wide);
            }
        });
        GC.KeepAlive(rows);
        return TensorPrimitives.Sum<double>(squares) / squares.Length;
    }

    /// <summary>(row - mean) * scale.</summary>
    public static Tensor Scaled(Tensor rows, double[] mean, double scale)
    {
        var scaled = new Tensor(rows.Rows, rows.Width);
        int width = rows.Width;
        Blocks.For(rows.Rows, RowsPerTask, (start, end) =>
        {
            for (int i = start; i < end; i++)
                for (int d = 0; d < width; d++)
                    scaled.Pointer[((nint)i * width) + d] = (float)((rows.Pointer[((nint)i * width) + d] - mean[d]) * scale);
        });
        GC.KeepAlive(rows);
        return scaled;
    }
}
