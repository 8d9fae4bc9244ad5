using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// Layer normalisation over rows of a matrix, with one gain and shift for all rows, or with those of each group of rows (adaptive
/// layer norm), which are then 1 + gamma and beta.
/// </summary>
internal static unsafe class LayerNormKernel
{
    private const int RowsPerPart = 128;

    /// <summary>
    /// y = gamma (x - mean) / sqrt(variance + epsilon) + beta; statistics[2 r] is the row's mean and [2 r + 1] its inverse deviation.
    /// </summary>
    public static void Forward(float* x, float* gamma, float* beta, float epsilon, float* y, float* statistics, int rows, int width)
        => Blocks.ForRows(rows, width, new ForwardBody(x, gamma, beta, 0, epsilon, y, statistics, width));

    /// <summary>y = (1 + gamma[g]) (x - mean) / sqrt(variance + epsilon) + beta[g] for the rows of each group g.</summary>
    /// <param name="x">[groups, rows of each, width].</param>
    /// <param name="gamma">The gain of the first group.</param>
    /// <param name="beta">The shift of the first group.</param>
    /// <param name="epsilon">Added to variances.</param>
    /// <param name="y">As x.</param>
    /// <param name="statistics">[groups, rows of each, 2].</param>
    /// <param name="groups">How the rows are grouped.</param>
    public static void ForwardGroups(
        float* x, float* gamma, float* beta, float epsilon, float* y, float* statistics, in RowGroups groups)
        => Blocks.For(groups.Count, 1, new ForwardGroupsBody(x, gamma, beta, epsilon, y, statistics, groups));

    /// <summary>dx (+)= the gradient; dgamma and dbeta, laid out as gamma and beta, += theirs.</summary>
    public static void BackwardGroups(
        float* x, float* gamma, float* statistics, float* dy, GradientTarget dx, float* dgamma, float* dbeta, in RowGroups groups)
        => Blocks.For(groups.Count, 1, new BackwardGroupsBody(x, gamma, statistics, dy, dx, dgamma, dbeta, groups));

    /// <summary>dx (+)= the gradient; dgamma and dbeta (+)= theirs, summed in blocks of rows.</summary>
    public static void Backward(
        in Saved forward, float* dy, GradientTarget dx, GradientTarget dgamma, GradientTarget dbeta, int rows, int width)
    {
        int parts = Blocks.Count(rows, RowsPerPart);
        var partial = BufferPool.Shared.Rent(Math.Max(1, 2 * parts * width));
        float* gammaParts = partial.Pointer;
        float* betaParts = gammaParts + ((long)parts * width);
        Blocks.For(rows, RowsPerPart, new BackwardBody(forward, dy, dx, gammaParts, betaParts, width));
        if (dgamma.Values is not null) Reductions.AddParts(gammaParts, parts, width, dgamma.Values, dgamma.Accumulate);
        if (dbeta.Values is not null) Reductions.AddParts(betaParts, parts, width, dbeta.Values, dbeta.Accumulate);
        BufferPool.Shared.Return(partial);
    }

    // With n = (x - mean) inverse and g = dy (gain + gamma): dx = inverse (g - mean(g) - n mean(g n)).
    private static void BackwardRow(
        float* x, float* gamma, float gain, float mean, float inverse, float* dy, float* dx,
        bool accumulate, float* dgamma, float* dbeta, int width)
    {
        var (sumG, sumGn) = (Vector256<float>.Zero, Vector256<float>.Zero);
        int i = 0;
        for (; i <= width - 8; i += 8)
        {
            var upstream = Vector256.Load(dy + i);
            var normal = (Vector256.Load(x + i) - Vector256.Create(mean)) * inverse;
            var g = upstream * (Vector256.Load(gamma + i) + Vector256.Create(gain));
            sumG += g;
            sumGn = Vector256.FusedMultiplyAdd(g, normal, sumGn);
            Vector256.FusedMultiplyAdd(upstream, normal, Vector256.Load(dgamma + i)).Store(dgamma + i);
            (Vector256.Load(dbeta + i) + upstream).Store(dbeta + i);
        }

        float totalG = Vector256.Sum(sumG), totalGn = Vector256.Sum(sumGn);
        for (int tail = i; tail < width; tail++)
        {
            float normal = (x[tail] - mean) * inverse;
            float g = dy[tail] * (gamma[tail] + gain);
            totalG += g;
            totalGn += g * normal;
            dgamma[tail] += dy[tail] * normal;
            dbeta[tail] += dy[tail];
        }

        if (dx is null) return;
        float meanG = totalG / width, meanGn = totalGn / width;
        i = 0;
        for (; i <= width - 8; i += 8)
        {
            var normal = (Vector256.Load(x + i) - Vector256.Create(mean)) * inverse;
            var g = Vector256.Load(dy + i) * (Vector256.Load(gamma + i) + Vector256.Create(gain));
            var gradient = (g - Vector256.Create(meanG) - (normal * meanGn)) * inverse;
            if (accumulate) gradient += Vector256.Load(dx + i);
            gradient.Store(dx + i);
        }

        for (; i < width; i++)
        {
            float gradient = ((dy[i] * (gamma[i] + gain)) - meanG - ((x[i] - mean) * inverse * meanGn)) * inverse;
            dx[i] = accumulate ? dx[i] + gradient : gradient;
        }
    }

    private static float SumOfSquaredDeviations(float* x, float mean, int width)
    {
        var sum = Vector256<float>.Zero;
        int i = 0;
        for (; i <= width - 8; i += 8)
        {
            var deviation = Vector256.Load(x + i) - Vector256.Create(mean);
            sum = Vector256.FusedMultiplyAdd(deviation, deviation, sum);
        }

        float total = Vector256.Sum(sum);
        for (; i < width; i++) total += (x[i] - mean) * (x[i] - mean);
        return total;
    }

    private readonly struct ForwardBody(
        float* x, float* gamma, float* beta, float gain, float epsilon, float* y, float* statistics, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++)
            {
                float* source = x + ((long)r * width);
                float* target = y + ((long)r * width);
                float mean = TensorPrimitives.Sum(new ReadOnlySpan<float>(source, width)) / width;
                float inverse = 1f / MathF.Sqrt((SumOfSquaredDeviations(source, mean, width) / width) + epsilon);
                statistics[2 * r] = mean;
                statistics[(2 * r) + 1] = inverse;
                int i = 0;
                for (; i <= width - 8; i += 8)
                {
                    var normal = (Vector256.Load(source + i) - Vector256.Create(mean)) * inverse;
                    Vector256.FusedMultiplyAdd(normal, Vector256.Load(gamma + i) + Vector256.Create(gain), Vector256.Load(beta + i))
                        .Store(target + i);
                }

                for (; i < width; i++) target[i] = float.FusedMultiplyAdd((source[i] - mean) * inverse, gamma[i] + gain, beta[i]);
            }
        }
    }

    /// <summary>What the forward pass worked on and made.</summary>
    internal readonly struct Saved(float* x, float* gamma, float* statistics)
    {
        public float* X => x;

        public float* Gamma => gamma;

        public float* Statistics => statistics;
    }

    private readonly struct BackwardBody(
        Saved forward, float* dy, GradientTarget dx, float* gammaParts, float* betaParts, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            float* x = forward.X, statistics = forward.Statistics;
            float* gammaSum = gammaParts + ((long)(start / RowsPerPart) * width);
            float* betaSum = betaParts + ((long)(start / RowsPerPart) * width);
            new Span<float>(gammaSum, width).Clear();
            new Span<float>(betaSum, width).Clear();
            for (int r = start; r < end; r++)
            {
                long at = (long)r * width;
                BackwardRow(
                    x + at, forward.Gamma, 0, statistics[2 * r], statistics[(2 * r) + 1], dy + at,
                    dx.Values is null ? null : dx.Values + at, dx.Accumulate, gammaSum, betaSum, width);
            }
        }
    }

    private readonly struct ForwardGroupsBody(
        float* x, float* gamma, float* beta, float epsilon, float* y, float* statistics, RowGroups groups) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int group = start; group < end; group++)
            {
                long at = (long)group * groups.Stride;
                new ForwardBody(x, gamma + at, beta + at, 1, epsilon, y, statistics, groups.Width)
                    .Run(group * groups.Rows, (group + 1) * groups.Rows);
            }
        }
    }

    private readonly struct BackwardGroupsBody(
        float* x, float* gamma, float* statistics, float* dy, GradientTarget dx, float* dgamma, float* dbeta, RowGroups groups) : IBlockBody
    {
        public void Run(int start, int end)
        {
            int width = groups.Width;
            for (int group = start; group < end; group++)
            {
                long own = (long)group * groups.Stride;
                for (int r = group * groups.Rows; r < (group + 1) * groups.Rows; r++)
                {
                    long at = (long)r * width;
                    BackwardRow(
                        x + at, gamma + own, 1, statistics[2 * r], statistics[(2 * r) + 1], dy + at,
                        dx.Values is null ? null : dx.Values + at, dx.Accumulate, dgamma + own, dbeta + own, width);
                }
            }
        }
    }
}
