using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Retrieval;

/// <summary>Inner products of a float32 query with float16 rows: in float32 for many rows, in float64 for one.</summary>
internal static unsafe class HalfDots
{
    // A float16, its exponent and fraction moved to a float32's places, is 2^-112 times what it was: the query makes up for it.
    private const float Scale = 5.192296858534828e33f;

    private const int Sign = unchecked((int)0x80000000), Rest = 0x0FFFE000;

    /// <summary>How far a float32 product of unit rows may lie from the exact one.</summary>
    public static double Rounding(int width) => Scores.ScoreRows.Rounding(width);

    /// <summary>
    /// The product of the query with each row that is asked for, negative infinity for the others. Values of the query are finite and at
    /// most 2^15 in size. Whatever the number of threads, the same bits.
    /// </summary>
    /// <param name="query">[D].</param>
    /// <param name="rows">[N, D], finite.</param>
    /// <param name="wanted">N bytes: not zero where a row is asked for.</param>
    /// <param name="scores">[N].</param>
    public static void ScoreAll(ReadOnlySpan<float> query, Half* rows, ReadOnlySpan<byte> wanted, Span<float> scores)
    {
        int width = query.Length;
        float[] scaled = new float[width];
        System.Numerics.Tensors.TensorPrimitives.Multiply(query, Scale, scaled);
        fixed (byte* asked = wanted)
        fixed (float* into = scores)
        fixed (float* from = scaled)
        {
            (nint asks, nint results, nint values, nint halves) = ((nint)asked, (nint)into, (nint)from, (nint)rows);
            bool wide = Simd.Path == SimdPath.Avx512;
            Blocks.ForRows(scores.Length, width, (start, end) =>
            {
                for (int row = start; row < end; row++)
                {
                    short* bits = (short*)halves + ((long)row * width);
                    ((float*)results)[row] = ((byte*)asks)[row] == 0 ? float.NegativeInfinity
                        : wide ? Dot512((float*)values, bits, width)
                        : Dot256((float*)values, bits, width);
                }
            });
        }
    }

    /// <summary>x . y and y . y in float64.</summary>
    public static (double Product, double SquaredLength) Dot(ReadOnlySpan<float> x, ReadOnlySpan<Half> y)
    {
        double product = 0, squared = 0;
        for (int d = 0; d < x.Length; d++)
        {
            double value = (double)y[d];
            product += x[d] * value;
            squared += value * value;
        }

        return (product, squared);
    }

    private static float Dot512(float* query, short* row, int width)
    {
        const int Lanes = 32;
        Vector512<int> sign = Vector512.Create(Sign), rest = Vector512.Create(Rest);
        Vector512<float> sum0 = default, sum1 = default;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(row + d));
            sum0 = Vector512.FusedMultiplyAdd(((low & sign) | ((low << 13) & rest)).AsSingle(), Vector512.Load(query + d), sum0);
            sum1 = Vector512.FusedMultiplyAdd(((high & sign) | ((high << 13) & rest)).AsSingle(), Vector512.Load(query + d + 16), sum1);
        }

        return Vector512.Sum(sum0 + sum1) + Tail(query, row, d, width);
    }

    private static float Dot256(float* query, short* row, int width)
    {
        const int Lanes = 16;
        Vector256<int> sign = Vector256.Create(Sign), rest = Vector256.Create(Rest);
        Vector256<float> sum0 = default, sum1 = default;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(row + d));
            sum0 = Vector256.FusedMultiplyAdd(((low & sign) | ((low << 13) & rest)).AsSingle(), Vector256.Load(query + d), sum0);
            sum1 = Vector256.FusedMultiplyAdd(((high & sign) | ((high << 13) & rest)).AsSingle(), Vector256.Load(query + d + 8), sum1);
        }

        return Vector256.Sum(sum0 + sum1) + Tail(query, row, d, width);
    }

    private static float Tail(float* query, short* row, int from, int width)
    {
        float sum = 0;
        for (int d = from; d < width; d++)
            sum += query[d] * BitConverter.Int32BitsToSingle((row[d] & Sign) | ((row[d] << 13) & Rest));
        return sum;
    }
}
