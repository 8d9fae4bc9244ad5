using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Maps;

// Shapes: rows [N, D], affinities p [N, N], map x and y [N] each.

/// <summary>
/// What exact t-SNE (van der Maaten and Hinton, JMLR 2008) is made of. Time O(N^2 D) for the affinities and O(N^2) for a gradient,
/// memory N^2 floats. The same bits for any number of threads.
/// </summary>
internal static unsafe class TSneKernel
{
    private const int Lanes = 8;
    private const int RowsPerTask = 16;
    private const int MaxSearchSteps = 64;

    /// <summary>
    /// p_ij = (p_j|i + p_i|j) / (2 N), where p_.|i is Gaussian in the distance from i and has the given perplexity (e to its entropy in
    /// nats); zero on the diagonal. Rows that lie on so many others that no bandwidth has that perplexity get the nearest one.
    /// </summary>
    public static void Affinities(Tensor rows, double perplexity, float* p)
    {
        using var scratch = new Scratch();
        int count = rows.Rows, width = rows.Width;
        double* mean = RowSums.Mean(rows.Pointer, count, width, scratch);
        float* centred = RowSums.Centred(rows.Pointer, count, width, mean, scratch);
        GC.KeepAlive(rows);
        float* halfNorms = scratch.Floats(RowDots.Padded(count));
        RowDots.HalfNorms(centred, count, width, halfNorms);
        Gemm.Run(count, count, width, new(centred, width), new(centred, 1, width), new(p, count), accumulate: false);
        Blocks.For(count, RowsPerTask, (start, end) =>
        {
            var logits = new double[count];
            for (int i = start; i < end; i++)
            {
                var row = new Span<float>(p + ((nint)i * count), count);
                for (int j = 0; j < count; j++) logits[j] = Math.Max(0, 2 * ((double)halfNorms[i] + halfNorms[j] - row[j]));
                SetConditional(logits, i, Math.Log(perplexity), row);
            }
        });

        // Symmetric, by pairs: each element is written by the task of its upper half.
        Blocks.For(count, RowsPerTask, (start, end) =>
        {
            for (int i = start; i < end; i++)
                for (int j = i; j < count; j++)
                    p[((nint)i * count) + j] = p[((nint)j * count) + i] = (p[((nint)i * count) + j] + p[((nint)j * count) + i])
                        / (2f * count);
        });
    }

    /// <summary>
    /// The gradient of KL(p | q) by the map, q_ij in proportion to 1 / (1 + |y_i - y_j|^2), with p times <paramref name="exaggeration"/>;
    /// gives back the normaliser of q.
    /// </summary>
    public static double Gradient(float* p, int count, float exaggeration, float* x, float* y, float* gradX, float* gradY)
    {
        using var scratch = new Scratch();
        double* sums = scratch.Doubles(count);
        float* repelX = scratch.Floats(count), repelY = scratch.Floats(count);
        Blocks.For(count, RowsPerTask, (start, end) =>
        {
            for (int i = start; i < end; i++)
                sums[i] = Row(p + ((nint)i * count), count, x, y, i, out gradX[i], out gradY[i], out repelX[i], out repelY[i]) - 1;
        });
        double normaliser = 0;
        for (int i = 0; i < count; i++) normaliser += sums[i];
        float inverse = (float)(1 / Math.Max(normaliser, double.Epsilon));
        for (int i = 0; i < count; i++)
        {
            gradX[i] = 4 * ((exaggeration * gradX[i]) - (inverse * repelX[i]));
            gradY[i] = 4 * ((exaggeration * gradY[i]) - (inverse * repelY[i]));
        }

        return normaliser;
    }

    /// <summary>KL(p | q) in nats.</summary>
    public static double Divergence(float* p, int count, float* x, float* y, double normaliser)
    {
        using var scratch = new Scratch();
        double* sums = scratch.Doubles(count);
        Blocks.For(count, RowsPerTask, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                for (int j = 0; j < count; j++)
                {
                    double affinity = p[((nint)i * count) + j], across = (double)x[i] - x[j], up = (double)y[i] - y[j];
                    if (affinity > 0) sums[i] += affinity * Math.Log(affinity * normaliser * (1 + (across * across) + (up * up)));
                }
            }
        });
        double sum = 0;
        for (int i = 0; i < count; i++) sum += sums[i];
        return sum;
    }

    // Bisection on the precision until the entropy is right; distances in, probabilities out.
    private static void SetConditional(double[] squared, int self, double entropy, Span<float> row)
    {
        squared[self] = double.PositiveInfinity;
        double nearest = TensorPrimitives.Min<double>(squared);
        squared[self] = nearest;
        var weights = new double[squared.Length];
        double precision = 1, low = 0, high = double.PositiveInfinity, sum = 1;
        for (int step = 0; step < MaxSearchSteps; step++)
        {
            // exp(-precision (d - nearest)): the nearest has weight 1, nothing underflows as a whole.
            TensorPrimitives.Subtract(squared, nearest, weights);
            TensorPrimitives.Multiply(weights, -precision, weights);
            TensorPrimitives.Exp<double>(weights, weights);
            weights[self] = 0;
            sum = TensorPrimitives.Sum<double>(weights);
            double mean = (TensorPrimitives.Dot<double>(weights, squared) / sum) - nearest, reached = Math.Log(sum) + (precision * mean);
            if (Math.Abs(reached - entropy) < 1e-7) break;
            if (reached > entropy) low = precision;
            else high = precision;
            precision = double.IsPositiveInfinity(high) ? 2 * precision : 0.5 * (low + high);
        }

        for (int j = 0; j < row.Length; j++) row[j] = (float)(weights[j] / sum);
    }

    // sum_j p q (y_i - y_j), sum_j q^2 (y_i - y_j) and, given back, sum_j q, all with q = 1 / (1 + |y_i - y_j|^2) and j = i among them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Row(float* p, int count, float* x, float* y, int i, out float attractX, out float attractY, out float repelX,
        out float repelY)
    {
        Vector256<float> ax = default, ay = default, rx = default, ry = default, total = default, x0 = Vector256.Create(x[i]),
            y0 = Vector256.Create(y[i]);
        int j = 0;
        for (; j <= count - Lanes; j += Lanes)
        {
            Vector256<float> dx = x0 - Vector256.Load(x + j), dy = y0 - Vector256.Load(y + j);
            var q = Vector256<float>.One / Vector256.FusedMultiplyAdd(dx, dx, Vector256.FusedMultiplyAdd(dy, dy, Vector256<float>.One));
            Vector256<float> pull = q * Vector256.Load(p + j), push = q * q;
            ax = Vector256.FusedMultiplyAdd(pull, dx, ax);
            ay = Vector256.FusedMultiplyAdd(pull, dy, ay);
            rx = Vector256.FusedMultiplyAdd(push, dx, rx);
            ry = Vector256.FusedMultiplyAdd(push, dy, ry);
            total += q;
        }

        (attractX, attractY, repelX, repelY) = (Vector256.Sum(ax), Vector256.Sum(ay), Vector256.Sum(rx), Vector256.Sum(ry));
        double sum = Vector256.Sum(total);
        for (; j < count; j++)
        {
            float dx = x[i] - x[j], dy = y[i] - y[j], q = 1 / (1 + (dx * dx) + (dy * dy));
            attractX += q * p[j] * dx;
            attractY += q * p[j] * dy;
            repelX += q * q * dx;
            repelY += q * q * dy;
            sum += q;
        }

        return sum;
    }
}
