using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>Layer normalisation over rows of a matrix.</summary>
internal static unsafe class LayerNormKernel
{
    private const int RowsPerPart = 128;

    /// <summary>y = gamma (x - mean) / sqrt(variance + epsilon) + beta; statistics[2 r] is the row's mean and [2 r + 1] its inverse deviation.</summary>
    public static void Forward(float* x, float* gamma, float* beta, float epsilon, float* y, float* statistics, int rows, int width)
        => Blocks.ForRows(rows, width, new ForwardBody(x, gamma, beta, epsilon, y, statistics, width));

    /// <summary>dx (+)= the gradient; dgamma and dbeta (+)= theirs, summed in blocks of rows. Each of the three may be null.</summary>
    public static void Backward(
        float* x, float* gamma, float* statistics, float* dy, float* dx, bool accumulateX, float* dgamma, bool accumulateGamma, float* dbeta, bool accumulateBeta, int rows, int width)
    {
        int parts = Blocks.Count(rows, RowsPerPart);
        var partial = BufferPool.Shared.Rent(Math.Max(1, 2 * parts * width));
        float* gammaParts = partial.Pointer;
        float* betaParts = gammaParts + ((long)parts * width);
        Blocks.For(rows, RowsPerPart, new BackwardBody(x, gamma, statistics, dy, dx, accumulateX, gammaParts, betaParts, width));
        if (dgamma is not null) Reductions.AddParts(gammaParts, parts, width, dgamma, accumulateGamma);
        if (dbeta is not null) Reductions.AddParts(betaParts, parts, width, dbeta, accumulateBeta);
        BufferPool.Shared.Return(partial);
    }

    // With n = (x - mean) inverse and g = dy gamma: dx = inverse (g - mean(g) - n mean(g n)).
    private static void BackwardRow(float* x, float* gamma, float mean, float inverse, float* dy, float* dx, bool accumulate, float* dgamma, float* dbeta, int width)
    {
        var (sumG, sumGn) = (Vector256<float>.Zero, Vector256<float>.Zero);
        int i = 0;
        for (; i <= width - 8; i += 8)
        {
            var upstream = Vector256.Load(dy + i);
            var normal = (Vector256.Load(x + i) - Vector256.Create(mean)) * inverse;
            var g = upstream * Vector256.Load(gamma + i);
            sumG += g;
            sumGn = Vector256.FusedMultiplyAdd(g, normal, sumGn);
            Vector256.FusedMultiplyAdd(upstream, normal, Vector256.Load(dgamma + i)).Store(dgamma + i);
            (Vector256.Load(dbeta + i) + upstream).Store(dbeta + i);
        }

        float totalG = Vector256.Sum(sumG), totalGn = Vector256.Sum(sumGn);
        for (int tail = i; tail < width; tail++)
        {
            float normal = (x[tail] - mean) * inverse;
            float g = dy[tail] * gamma[tail];
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
            var g = Vector256.Load(dy + i) * Vector256.Load(gamma + i);
            var gradient = (g - Vector256.Create(meanG) - (normal * meanGn)) * inverse;
            if (accumulate) gradient += Vector256.Load(dx + i);
            gradient.Store(dx + i);
        }

        for (; i < width; i++)
        {
            float gradient = ((dy[i] * gamma[i]) - meanG - ((x[i] - mean) * inverse * meanGn)) * inverse;
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

    private readonly struct ForwardBody(float* x, float* gamma, float* beta, float epsilon, float* y, float* statistics, int width) : IBlockBody
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
                    Vector256.FusedMultiplyAdd(normal, Vector256.Load(gamma + i), Vector256.Load(beta + i)).Store(target + i);
                }

                for (; i < width; i++) target[i] = float.FusedMultiplyAdd((source[i] - mean) * inverse, gamma[i], beta[i]);
            }
        }
    }

    private readonly struct BackwardBody(
        float* x, float* gamma, float* statistics, float* dy, float* dx, bool accumulateX, float* gammaParts, float* betaParts, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            float* gammaSum = gammaParts + ((long)(start / RowsPerPart) * width);
            float* betaSum = betaParts + ((long)(start / RowsPerPart) * width);
            new Span<float>(gammaSum, width).Clear();
            new Span<float>(betaSum, width).Clear();
            for (int r = start; r < end; r++)
            {
                long at = (long)r * width;
                BackwardRow(x + at, gamma, statistics[2 * r], statistics[(2 * r) + 1], dy + at, dx is null ? null : dx + at, accumulateX, gammaSum, betaSum, width);
            }
        }
    }
}
