using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels;

// Shapes: x [M, D], y [N, D], float64.

/// <summary>
/// The kernel terms in float64 from direct differences, for bandwidths so small (or rows so long) that float32 scores
/// would lose the distances. Several times slower than <see cref="PairwiseTerms"/>, memory O((M + N) D). The same bits for any number
/// of threads.
/// </summary>
internal static unsafe class PreciseTerms
{
    private const int Lanes = 4;
    private const int RowsPerTask = 8;

    /// <summary>
    /// ln of the mean of exp(-|x_i - y_j|^2 / (2 sigma^2)); <paramref name="weight"/> times its gradient is added to
    /// those of <paramref name="gradX"/> and <paramref name="gradY"/> that are not null. For a self term give y = x, gradX alone and
    /// twice the weight.
    /// </summary>
    public static double LogMeanKernel(
        double* x, int rows, double* y, int columns, int width, double sigma, bool skipDiagonal, double weight, double* gradX, double* gradY)
    {
        using var scratch = new Scratch();
        double inverse = 1 / (2 * sigma * sigma);
        double* largest = scratch.Doubles(rows), sums = scratch.Doubles(rows);
        Blocks.For(rows, RowsPerTask, (start, end) =>
        {
            var logits = new double[columns];
            for (int i = start; i < end; i++)
            {
                double top = Logits(x + ((long)i * width), y, width, inverse, skipDiagonal ? i : -1, logits);
                double sum = 0;
                foreach (double logit in logits) sum += Math.Exp(logit - top);
                (largest[i], sums[i]) = (top, sum);
            }
        });
        double shift = double.NegativeInfinity, total = 0;
        for (int i = 0; i < rows; i++) shift = Math.Max(shift, largest[i]);
        for (int i = 0; i < rows; i++) total += sums[i] * Math.Exp(largest[i] - shift);
        double logTotal = shift + Math.Log(total), factor = weight / (sigma * sigma);
        if (gradX != null) AddGradient(x, rows, y, columns, width, inverse, skipDiagonal, logTotal, factor, gradX);
        if (gradY != null) AddGradient(y, columns, x, rows, width, inverse, skipDiagonal, logTotal, factor, gradY);
        double count = skipDiagonal ? (double)rows * (rows - 1) : (double)rows * columns;
        return logTotal - Math.Log(count);
    }

    // grad_i += factor * sum_j probability_ij (to_j - from_i).
    private static void AddGradient(
        double* from, int rows, double* to, int columns, int width, double inverse, bool skipDiagonal, double logTotal, double factor, double* grad)
    {
        Blocks.For(rows, RowsPerTask, (start, end) =>
        {
            var logits = new double[columns];
            for (int i = start; i < end; i++)
            {
                double* point = from + ((long)i * width), target = grad + ((long)i * width);
                Logits(point, to, width, inverse, skipDiagonal ? i : -1, logits);
                for (int j = 0; j < columns; j++)
                {
                    double probability = Math.Exp(logits[j] - logTotal);
                    if (probability > 0) AddDifference(target, to + ((long)j * width), point, width, factor * probability);
                }
            }
        });
    }

    private static double Logits(double* point, double* others, int width, double inverse, int skip, double[] logits)
    {
        double top = double.NegativeInfinity;
        for (int j = 0; j < logits.Length; j++)
        {
            logits[j] = j == skip ? double.NegativeInfinity : -inverse * SquaredDistance(point, others + ((long)j * width), width);
            top = Math.Max(top, logits[j]);
        }

        return top;
    }

    /// <summary>|a - b|^2.</summary>
    public static double SquaredDistance(double* a, double* b, int width)
    {
        var (sum0, sum1) = (Vector256<double>.Zero, Vector256<double>.Zero);
        int d = 0;
        for (; d <= width - (2 * Lanes); d += 2 * Lanes)
        {
            var first = Vector256.Load(a + d) - Vector256.Load(b + d);
            var second = Vector256.Load(a + d + Lanes) - Vector256.Load(b + d + Lanes);
            sum0 = Vector256.FusedMultiplyAdd(first, first, sum0);
            sum1 = Vector256.FusedMultiplyAdd(second, second, sum1);
        }

        double sum = Vector256.Sum(sum0 + sum1);
        for (; d < width; d++) sum += (a[d] - b[d]) * (a[d] - b[d]);
        return sum;
    }

    // target += factor * (to - from).
    private static void AddDifference(double* target, double* to, double* from, int width, double factor)
    {
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
            Vector256.FusedMultiplyAdd(Vector256.Load(to + d) - Vector256.Load(from + d), Vector256.Create(factor), Vector256.Load(target + d)).Store(target + d);
        for (; d < width; d++) target[d] += factor * (to[d] - from[d]);
    }
}
