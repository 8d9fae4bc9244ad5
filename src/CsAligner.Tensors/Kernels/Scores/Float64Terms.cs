using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

// Shapes: x [M, D], y [N, D], float64.

/// <summary>
/// The terms in float64, for bandwidths or temperatures so small (or rows so long) that float32 scores would lose them: distances
/// from direct differences, tile by tile. Five to ten times slower than <see cref="Float32Terms"/>, memory O((M + N) D).
/// The same bits for any number of threads.
/// </summary>
internal static unsafe class Float64Terms
{
    public const int ColumnsPerTile = 256;

    private const int RowsPerTask = 16;

    /// <summary>Sees a tile of at most <see cref="ColumnsPerTile"/> columns, which are so far apart from row to row.</summary>
    public delegate void TileBody(double* tile, int column, int count);

    /// <summary>
    /// ln of the mean of exp(-|x_i - y_j|^2 / (2 sigma^2)); <paramref name="weight"/> times its gradient is added to those that are not
    /// null. For a self term give x.Fixed as y, and twice the weight.
    /// </summary>
    public static double LogMeanKernel(Float64Rows x, Float64Rows y, int width, double sigma, bool skipDiagonal, double weight)
    {
        using var scratch = new Scratch();
        double inverse = 1 / (2 * sigma * sigma);
        var totals = new KernelTotal[Blocks.Count(x.Count, RowsPerTask)];
        Blocks.For(x.Count, RowsPerTask, (start, end) =>
        {
            var total = new KernelTotal();
            ForTiles(x.Values, start, end, y.Values, y.Count, width, (tile, column, count) =>
            {
                for (int i = start; i < end; i++)
                {
                    Span<double> logits = Logits(tile, i - start, column, count, inverse, skipDiagonal ? i : -1);
                    double largest = TensorPrimitives.Max<double>(logits);
                    if (!double.IsNegativeInfinity(largest)) total.Add(largest, ExpSum(logits, largest), 0);
                }
            });
            totals[start / RowsPerTask] = total;
        });
        var all = new KernelTotal();
        foreach (var total in totals) all.Add(total);
        double factor = weight / (sigma * sigma);
        if (x.Gradient != null) AddKernelGradient(x, y, width, inverse, skipDiagonal, all, factor);
        if (y.Gradient != null) AddKernelGradient(y, x, width, inverse, skipDiagonal, all, factor);
        return all.Log - Math.Log(skipDiagonal ? (double)x.Count * (x.Count - 1) : (double)x.Count * y.Count);
    }

    /// <summary>
    /// InfoNCE over pairs of rows, as many on either side, and its derivative by the scale; <paramref name="weight"/> times its gradients
    /// is added to those that are not null.
    /// </summary>
    public static (double Value, double GradScale) InfoNce(Float64Rows x, Float64Rows y, int width, double scale, double weight)
    {
        int pairs = x.Count;
        using var scratch = new Scratch();
        double* right = scratch.Doubles(pairs), rowLeads = scratch.Doubles(pairs), columnLeads = scratch.Doubles(pairs);
        for (int i = 0; i < pairs; i++)
            right[i] = scale * Float64Gemm.Dot(x.Values + ((nint)i * width), y.Values + ((nint)i * width), width);
        FindLeads(x.Values, y.Values, pairs, width, scale, right, rowLeads);
        FindLeads(y.Values, x.Values, pairs, width, scale, right, columnLeads);
        double value = 0;
        for (int i = 0; i < pairs; i++)
            value += 0.5 * (InfoNceStatistics.SoftPlus(rowLeads[i]) + InfoNceStatistics.SoftPlus(columnLeads[i]));
        double factor = 0.5 * weight * scale / pairs;
        double gradScale = AddInfoNceGradient(x, y, width, scale, right, rowLeads, columnLeads, factor);
        if (y.Gradient != null) AddInfoNceGradient(y, x, width, scale, right, columnLeads, rowLeads, factor);
        return (value / pairs, gradScale / scale);
    }

    // grad_i += factor * sum_j probability_ij (y_j - x_i).
    private static void AddKernelGradient(
        Float64Rows x, Float64Rows y, int width, double inverse, bool skipDiagonal, KernelTotal total, double factor)
    {
        double* from = x.Values, to = y.Values, grad = x.Gradient;
        // Shift and sum apart: added to a shift of 1e15, the logarithm of the sum would lose its digits.
        double shift = total.Shift, scale = factor / total.Sum;
        Blocks.For(x.Count, RowsPerTask, (start, end) =>
        {
            double* sums = stackalloc double[RowsPerTask];
            ForTiles(from, start, end, to, y.Count, width, (tile, column, count) =>
            {
                for (int i = start; i < end; i++)
                {
                    Span<double> weights = Logits(tile, i - start, column, count, inverse, skipDiagonal ? i : -1);
                    TensorPrimitives.Subtract(weights, shift, weights);
                    TensorPrimitives.Exp<double>(weights, weights);
                    TensorPrimitives.Multiply(weights, scale, weights);

                    // A row does not pull itself: beside a large factor what should cancel would drown the rest.
                    if (from == to && i >= column && i < column + count) weights[i - column] = 0;
                    sums[i - start] += TensorPrimitives.Sum<double>(weights);
                }
                Float64Gemm.AddProduct(tile, end - start, count, ColumnsPerTile, to + ((nint)column * width), width,
                    grad + ((nint)start * width));
            });
            for (int i = start; i < end; i++)
                for (int d = 0; d < width; d++) grad[((nint)i * width) + d] -= sums[i - start] * from[((nint)i * width) + d];
        });
    }

    // leads_i = ln of the sum over the wrong answers of a row, relative to the right one.
    private static void FindLeads(double* from, double* to, int pairs, int width, double scale, double* right, double* leads)
    {
        Blocks.For(pairs, RowsPerTask, (start, end) =>
        {
            var totals = new KernelTotal[RowsPerTask];
            Array.Fill(totals, new KernelTotal());
            ForTiles<DotOperation>(from, start, end, to, pairs, width, (tile, column, count) =>
            {
                for (int i = start; i < end; i++)
                {
                    Span<double> logits = Logits(tile, i - start, column, count, -scale, i);
                    double largest = TensorPrimitives.Max<double>(logits);
                    if (!double.IsNegativeInfinity(largest)) totals[i - start].Add(largest, ExpSum(logits, largest), 0);
                }
            });
            for (int i = start; i < end; i++)
                leads[i] = totals[i - start].Sum == 0
                    ? double.NegativeInfinity
                    : totals[i - start].Shift - right[i] + Math.Log(totals[i - start].Sum);
        });
    }

    // Gives back the sum of the weights times the scores, once for both sides.
    private static double AddInfoNceGradient(
        Float64Rows x, Float64Rows y, int width, double scale, double* right, double* leads, double* otherLeads, double factor)
    {
        double* from = x.Values, to = y.Values, grad = x.Gradient;
        int pairs = x.Count;
        var scoreSums = new double[Blocks.Count(pairs, RowsPerTask)];
        Blocks.For(pairs, RowsPerTask, (start, end) =>
        {
            double sum = 0;
            ForTiles<DotOperation>(from, start, end, to, pairs, width, (tile, column, count) =>
            {
                for (int i = start; i < end; i++)
                {
                    Span<double> weights = Logits(tile, i - start, column, count, -scale, -1);
                    double log = InfoNceStatistics.SoftPlus(leads[i]);
                    for (int j = 0; j < count; j++)
                    {
                        double score = weights[j] / scale, otherLog = InfoNceStatistics.SoftPlus(otherLeads[column + j]);
                        weights[j] = column + j == i
                            ? -factor * (InfoNceStatistics.Sigmoid(leads[i]) + InfoNceStatistics.Sigmoid(otherLeads[i]))
                            : factor * (Math.Exp(weights[j] - right[i] - log) + Math.Exp(weights[j] - right[column + j] - otherLog));
                        sum += weights[j] * score;
                    }
                }
                if (grad != null)
                    Float64Gemm.AddProduct(tile, end - start, count, ColumnsPerTile, to + ((nint)column * width), width,
                        grad + ((nint)start * width));
            });
            scoreSums[start / RowsPerTask] = sum;
        });
        return scoreSums.Sum();
    }

    private static void ForTiles(double* x, int start, int end, double* y, int columns, int width, TileBody body) =>
        ForTiles<DistanceOperation>(x, start, end, y, columns, width, body);

    /// <summary>What the operation gives of rows start to end with all columns, tile by tile; a task has at most sixteen rows.</summary>
    public static void ForTiles<TOperation>(double* x, int start, int end, double* y, int columns, int width, TileBody body)
        where TOperation : struct, IPairOperation
    {
        double* tile = stackalloc double[RowsPerTask * ColumnsPerTile];
        for (int column = 0; column < columns; column += ColumnsPerTile)
        {
            int count = Math.Min(ColumnsPerTile, columns - column);
            Float64Gemm.ForPairs<TOperation>(x + ((nint)start * width), end - start, y + ((nint)column * width), count, width, tile,
                ColumnsPerTile);
            body(tile, column, count);
        }
    }

    // One row of a tile, its entries times -inverse; minus infinity in the column to skip.
    private static Span<double> Logits(double* tile, int row, int column, int count, double inverse, int skip)
    {
        var logits = new Span<double>(tile + (row * ColumnsPerTile), count);
        TensorPrimitives.Multiply(logits, -inverse, logits);
        if (skip >= column && skip < column + count) logits[skip - column] = double.NegativeInfinity;
        return logits;
    }

    private static double ExpSum(Span<double> logits, double largest)
    {
        TensorPrimitives.Subtract(logits, largest, logits);
        TensorPrimitives.Exp<double>(logits, logits);
        return TensorPrimitives.Sum<double>(logits);
    }
}
