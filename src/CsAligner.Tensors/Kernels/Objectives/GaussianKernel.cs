using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: a [M, D], b [N, D].

/// <summary>
/// Values of exp(-|a_i - b_j|^2 / (2 sigma^2)) from float32 scores, for estimates: linear, not log-sum-exp, so what lies
/// beyond e^-87 is 0. The same bits for any number of threads.
/// </summary>
internal static unsafe class GaussianKernel
{
    private const int Lanes = 8;

    /// <summary>For each sigma the sums over j of the kernel values of every row i; one product of scores serves all sigmas.</summary>
    public static double[][] RowSums(float* a, int rows, float* b, int columns, int width, double[] sigmas)
    {
        using var scratch = new Scratch();
        float* halfNormsA = HalfNorms(a, rows, width, scratch), halfNormsB = HalfNorms(b, columns, width, scratch);
        double[][] sums = [.. sigmas.Select(_ => new double[rows])];
        ScoreRows.ForEach(a, rows, b, columns, width, (i, scores, count, first) =>
        {
            for (int s = 0; s < sigmas.Length; s++)
            {
                var sum = Vector256<float>.Zero;
                var (inverse, offset) = Rule(sigmas[s], halfNormsA[i]);
                for (int j = 0; j < count; j += Lanes) sum += Values(scores + j, halfNormsB + first + j, inverse, offset, count - j);
                sums[s][i] += Vector256.Sum(sum);
            }
        });
        return sums;
    }

    /// <summary>All values, into <paramref name="values"/> [M, N].</summary>
    public static void Matrix(float* a, int rows, float* b, int columns, int width, double sigma, float* values)
    {
        using var scratch = new Scratch();
        float* halfNormsA = HalfNorms(a, rows, width, scratch), halfNormsB = HalfNorms(b, columns, width, scratch);
        ScoreRows.ForEach(a, rows, b, columns, width, (i, scores, count, first) =>
        {
            float* target = values + ((long)i * columns) + first;
            var (inverse, offset) = Rule(sigma, halfNormsA[i]);
            for (int j = 0; j < count; j += Lanes)
            {
                var value = Values(scores + j, halfNormsB + first + j, inverse, offset, count - j);
                if (count - j >= Lanes) value.Store(target + j);
                else for (int lane = 0; lane < count - j; lane++) target[j + lane] = value[lane];
            }
        });
    }

    private static (Vector256<float> Inverse, Vector256<float> Offset) Rule(double sigma, float halfNorm) =>
        (Vector256.Create((float)(1 / (sigma * sigma))), Vector256.Create((float)(-halfNorm / (sigma * sigma))));

    // (s - |a|^2/2 - |b|^2/2) / sigma^2, at most 0: the squared distance is clamped.
    private static Vector256<float> Values(float* scores, float* halfNorms, Vector256<float> inverse, Vector256<float> offset,
        int remaining)
    {
        var logits = Vector256.FusedMultiplyAdd(Vector256.Load(scores) - Vector256.Load(halfNorms), inverse, offset);
        var values = VectorMath.Exp(Vector256.MinNative(logits, Vector256<float>.Zero));
        return remaining >= Lanes
            ? values
            : Vector256.ConditionalSelect(Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(remaining)).AsSingle(), values,
                Vector256<float>.Zero);
    }

    private static float* HalfNorms(float* x, int rows, int width, Scratch scratch)
    {
        float* halfNorms = scratch.Floats((long)rows + Lanes);
        RowDots.HalfNorms(x, rows, width, halfNorms);
        return halfNorms;
    }
}
