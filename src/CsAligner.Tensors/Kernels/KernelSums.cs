using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// Epilogues over a tile of scores: statistics of exp(logit), and the weights that turn a tile into gradients.
/// A task is a fixed number of rows; partial sums of columns are added in the order of tasks.
/// Offsets and outputs per column must have room for whole vectors (<see cref="Padded"/>).
/// </summary>
internal static unsafe class KernelSums
{
    private const int Lanes = 8;
    private const int RowsPerTask = 32;

    /// <summary>Length of a buffer per column, in floats.</summary>
    public static int Padded(int columns) => (columns + Lanes - 1) / Lanes * Lanes;

    /// <summary>halfNorms[i] = |x_i|^2 / 2, summed in float64; gives back the largest |x_i|^2.</summary>
    public static double HalfNorms(float* x, int rows, int width, float* halfNorms)
    {
        Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
                halfNorms[i] = (float)(0.5 * Dot(x + ((long)i * width), x + ((long)i * width), width));
        });
        float largest = 0;
        for (int i = 0; i < rows; i++) largest = Math.Max(largest, halfNorms[i]);
        return 2.0 * largest;
    }

    /// <summary>x . y in float64.</summary>
    public static double Dot(float* x, float* y, int width)
    {
        var (sum0, sum1) = (Vector256<double>.Zero, Vector256<double>.Zero);
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var (a0, a1) = Vector256.Widen(Vector256.Load(x + d));
            var (b0, b1) = Vector256.Widen(Vector256.Load(y + d));
            sum0 = Vector256.FusedMultiplyAdd(a0, b0, sum0);
            sum1 = Vector256.FusedMultiplyAdd(a1, b1, sum1);
        }

        double sum = Vector256.Sum(sum0 + sum1);
        for (; d < width; d++) sum += (double)x[d] * y[d];
        return sum;
    }

    /// <summary>Merges into (largest, sums) of each row: the running maximum of its logits and the sum of exp(logit - maximum).</summary>
    public static void RowStatistics(ScoreTile tile, LogitRule rule, float* largest, double* sums)
    {
        Blocks.For(tile.Rows, RowsPerTask, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                float* row = tile.Scores + ((long)i * tile.Stride);
                var offset = Vector256.Create(rule.RowOffset(i));
                var most = Vector256.Create(float.NegativeInfinity);
                for (int j = 0; j < tile.Columns; j += Lanes)
                    most = Vector256.MaxNative(most, Masked(rule.Apply(Vector256.Load(row + j), offset, j), tile.Columns - j));
                float top = MaxAcross(most);
                if (float.IsNegativeInfinity(top)) continue;
                var sum = Vector256<float>.Zero;
                for (int j = 0; j < tile.Columns; j += Lanes)
                    sum += VectorMath.Exp(Masked(rule.Apply(Vector256.Load(row + j), offset, j), tile.Columns - j) - Vector256.Create(top));
                Merge(ref largest[i], ref sums[i], top, Vector256.Sum(sum));
            }
        });
    }

    /// <summary>The same for each column.</summary>
    public static void ColumnStatistics(ScoreTile tile, LogitRule rule, float* largest, double* sums)
    {
        int tasks = Blocks.Count(tile.Rows, RowsPerTask), padded = Padded(tile.Columns);
        var partials = BufferPool.Shared.Rent(tasks * padded * 2);
        float* tops = partials.Pointer, parts = tops + ((long)tasks * padded);
        Workers.For(tasks, task =>
        {
            int start = task * RowsPerTask, end = Math.Min(tile.Rows, start + RowsPerTask);
            for (int j = 0; j < tile.Columns; j += Lanes)
            {
                var top = Vector256.Create(float.NegativeInfinity);
                for (int i = start; i < end; i++)
                    top = Vector256.MaxNative(top, rule.Apply(Vector256.Load(tile.Scores + ((long)i * tile.Stride) + j), Vector256.Create(rule.RowOffset(i)), j));
                var sum = Vector256<float>.Zero;
                for (int i = start; i < end; i++)
                    sum += VectorMath.Exp(rule.Apply(Vector256.Load(tile.Scores + ((long)i * tile.Stride) + j), Vector256.Create(rule.RowOffset(i)), j) - top);
                top.Store(tops + ((long)task * padded) + j);
                sum.Store(parts + ((long)task * padded) + j);
            }
        });
        Blocks.For(tile.Columns, 256, (start, end) =>
        {
            for (int task = 0; task < tasks; task++)
                for (int j = start; j < end; j++)
                    Merge(ref largest[j], ref sums[j], tops[((long)task * padded) + j], parts[((long)task * padded) + j]);
        });
        BufferPool.Shared.Return(partials);
    }

    /// <summary>
    /// Scores become weights, in place: factor * exp(logit_ij - shift) (nothing for factor 0) plus InfoNCE's. What the
    /// first sum to is added to <paramref name="rowSums"/> and, where it is not null, to <paramref name="columnSums"/>.
    /// </summary>
    public static void Weights(
        ScoreTile tile, LogitRule rule, float shift, float factor, double* rowSums, double* columnSums, InfoNceTile infoNce = default)
    {
        int tasks = Blocks.Count(tile.Rows, RowsPerTask), padded = Padded(tile.Columns);
        var partials = BufferPool.Shared.Rent(columnSums == null ? 1 : tasks * padded);
        float* parts = columnSums == null ? null : partials.Pointer;
        Workers.For(tasks, task =>
        {
            float* part = parts == null ? null : parts + ((long)task * padded);
            if (part != null) new Span<float>(part, padded).Clear();
            for (int i = task * RowsPerTask; i < Math.Min(tile.Rows, (task + 1) * RowsPerTask); i++)
            {
                float* row = tile.Scores + ((long)i * tile.Stride);
                var offset = Vector256.Create(rule.RowOffset(i));
                int paired = i < infoNce.Rows ? infoNce.Columns : 0;
                var (sum, scoreSum) = (Vector256<float>.Zero, Vector256<float>.Zero);
                for (int j = 0; j < tile.Columns; j += Lanes)
                {
                    var scores = Vector256.Load(row + j);
                    var weights = Vector256<float>.Zero;
                    if (factor != 0)
                    {
                        var logits = Masked(rule.Apply(scores, offset, j), tile.Columns - j);
                        weights = VectorMath.Exp(logits - Vector256.Create(shift)) * factor;
                        sum += weights;
                        if (part != null) (Vector256.Load(part + j) + weights).Store(part + j);
                    }

                    if (j < paired) weights += infoNce.Weights(scores, i, j, paired - j, ref scoreSum);
                    weights.Store(row + j);
                }

                rowSums[i] += Vector256.Sum(sum);
                if (i < infoNce.Rows) infoNce.ScoreSums[i] += Vector256.Sum(scoreSum);
            }
        });
        if (parts != null)
        {
            for (int task = 0; task < tasks; task++)
                for (int j = 0; j < tile.Columns; j++) columnSums[j] += parts[((long)task * padded) + j];
        }

        BufferPool.Shared.Return(partials);
    }

    /// <summary>target_i += factor * (sums_i of from_i): the part of a kernel's gradient that stays at the point itself.</summary>
    public static void AddScaledRows(float* target, float* from, int rows, int width, double* sums, double factor)
    {
        Blocks.ForRows(rows, width, (start, end) =>
        {
            for (int i = start; i < end; i++)
                AddScaled(target + ((long)i * width), from + ((long)i * width), width, (float)(factor * sums[i]));
        });
    }

    /// <summary>target += factor * from.</summary>
    public static void AddScaled(float* target, float* from, int length, float factor)
    {
        int d = 0;
        for (; d <= length - Lanes; d += Lanes)
            Vector256.FusedMultiplyAdd(Vector256.Load(from + d), Vector256.Create(factor), Vector256.Load(target + d)).Store(target + d);
        for (; d < length; d++) target[d] = MathF.FusedMultiplyAdd(from[d], factor, target[d]);
    }

    /// <summary>Merges two pairs of (maximum, sum of exp(logit - maximum)).</summary>
    public static void Merge(ref float largest, ref double sum, float otherLargest, double otherSum)
    {
        if (float.IsNegativeInfinity(otherLargest)) return;
        if (otherLargest > largest)
        {
            sum = (float.IsNegativeInfinity(largest) ? 0 : sum * Math.Exp((double)largest - otherLargest)) + otherSum;
            largest = otherLargest;
        }
        else
        {
            sum += otherSum * Math.Exp((double)otherLargest - largest);
        }
    }

    /// <summary>Lanes from <paramref name="remaining"/> on become minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Masked(Vector256<float> logits, int remaining) =>
        remaining >= Lanes
            ? logits
            : Vector256.ConditionalSelect(
                Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(remaining)).AsSingle(), logits, Vector256.Create(float.NegativeInfinity));

    private static float MaxAcross(Vector256<float> values)
    {
        float most = values[0];
        for (int lane = 1; lane < Lanes; lane++) most = Math.Max(most, values[lane]);
        return most;
    }
}
