using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Retrieval;

/// <summary>Inner products of float32 queries with float16 rows: in float32 for many rows, in float64 for one.</summary>
internal static unsafe class HalfDots
{
    // A float16, its exponent and fraction moved to a float32's places, is 2^-112 times what it was: the query makes up for it.
    private const float Scale = 5.192296858534828e33f;

    private const int Sign = unchecked((int)0x80000000), Rest = 0x0FFFE000;

    /// <summary>How far a float32 product of unit rows may lie from the exact one.</summary>
    public static double Rounding(int width) => Scores.ScoreRows.Rounding(width);

    /// <summary>Queries that share a pass: enough that rows are converted for several at a time, few enough to stay in registers.</summary>
    public const int MostQueries = 4;

    /// <summary>
    /// The product of each query with each row that it asks for, negative infinity for the others, in one pass over the rows. Values of
    /// the queries are finite and at most 2^15 in size. The same bits whatever the number of threads, and whoever shares the pass.
    /// </summary>
    /// <param name="queries">1 to <see cref="MostQueries"/>.</param>
    /// <param name="rows">[N, D], finite.</param>
    /// <param name="first">The number of the first row, in what the queries ask for.</param>
    /// <param name="count">N.</param>
    public static void ScoreAll(ReadOnlySpan<HalfQuery> queries, Half* rows, int first, int count)
    {
        if (queries.Length == 1 || count == 0)
        {
            if (count > 0) ScoreOne(queries[0], rows, first, count);
            return;
        }

        // Who is short of a query gets the last one again, and its products go nowhere.
        HalfQuery q0 = queries[0], q1 = queries[1], q2 = queries[Math.Min(2, queries.Length - 1)], q3 = queries[^1];
        nint halves = (nint)rows;
        bool wide = Simd.Path == SimdPath.Avx512;
        int width = q0.Width, given = queries.Length;
        Blocks.ForRows(count, width, (start, end) =>
        {
            float* products = stackalloc float[MostQueries];
            for (int row = start; row < end; row++)
            {
                short* bits = (short*)halves + ((long)row * width);
                if (wide) Dots512(q0.Scaled, q1.Scaled, q2.Scaled, q3.Scaled, bits, width, products);
                else Dots256(q0.Scaled, q1.Scaled, q2.Scaled, q3.Scaled, bits, width, products);
                q0.Set(first + row, products[0]);
                q1.Set(first + row, products[1]);
                if (given > 2) q2.Set(first + row, products[2]);
                if (given > 3) q3.Set(first + row, products[3]);
            }
        });
    }

    /// <summary>The query as the kernel takes it: a float16's bits in a float32's places are too small by a power of two.</summary>
    public static void Prepare(ReadOnlySpan<float> query, Span<float> scaled) =>
        System.Numerics.Tensors.TensorPrimitives.Multiply(query, Scale, scaled);

    private static void ScoreOne(HalfQuery query, Half* rows, int first, int count)
    {
        nint halves = (nint)rows;
        bool wide = Simd.Path == SimdPath.Avx512;
        int width = query.Width;
        Blocks.ForRows(count, width, (start, end) =>
        {
            for (int row = start; row < end; row++)
            {
                if (!query.Asks(first + row))
                {
                    query.Scores[first + row] = float.NegativeInfinity;
                    continue;
                }

                short* bits = (short*)halves + ((long)row * width);
                query.Scores[first + row] = wide ? Dot512(query.Scaled, bits, width) : Dot256(query.Scaled, bits, width);
            }
        });
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

    private static void Dots512(float* q0, float* q1, float* q2, float* q3, short* row, int width, float* products)
    {
        const int Lanes = 32;
        Vector512<int> sign = Vector512.Create(Sign), rest = Vector512.Create(Rest);
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(row + d));
            Vector512<float> x0 = ((low & sign) | ((low << 13) & rest)).AsSingle(), x1 = ((high & sign) | ((high << 13) & rest)).AsSingle();
            a0 = Vector512.FusedMultiplyAdd(x0, Vector512.Load(q0 + d), a0);
            a1 = Vector512.FusedMultiplyAdd(x1, Vector512.Load(q0 + d + 16), a1);
            b0 = Vector512.FusedMultiplyAdd(x0, Vector512.Load(q1 + d), b0);
            b1 = Vector512.FusedMultiplyAdd(x1, Vector512.Load(q1 + d + 16), b1);
            c0 = Vector512.FusedMultiplyAdd(x0, Vector512.Load(q2 + d), c0);
            c1 = Vector512.FusedMultiplyAdd(x1, Vector512.Load(q2 + d + 16), c1);
            d0 = Vector512.FusedMultiplyAdd(x0, Vector512.Load(q3 + d), d0);
            d1 = Vector512.FusedMultiplyAdd(x1, Vector512.Load(q3 + d + 16), d1);
        }

        products[0] = Vector512.Sum(a0 + a1) + Tail(q0, row, d, width);
        products[1] = Vector512.Sum(b0 + b1) + Tail(q1, row, d, width);
        products[2] = Vector512.Sum(c0 + c1) + Tail(q2, row, d, width);
        products[3] = Vector512.Sum(d0 + d1) + Tail(q3, row, d, width);
    }

    private static void Dots256(float* q0, float* q1, float* q2, float* q3, short* row, int width, float* products)
    {
        const int Lanes = 16;
        Vector256<int> sign = Vector256.Create(Sign), rest = Vector256.Create(Rest);
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(row + d));
            Vector256<float> x0 = ((low & sign) | ((low << 13) & rest)).AsSingle(), x1 = ((high & sign) | ((high << 13) & rest)).AsSingle();
            a0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(q0 + d), a0);
            a1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(q0 + d + 8), a1);
            b0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(q1 + d), b0);
            b1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(q1 + d + 8), b1);
            c0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(q2 + d), c0);
            c1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(q2 + d + 8), c1);
            d0 = Vector256.FusedMultiplyAdd(x0, Vector256.Load(q3 + d), d0);
            d1 = Vector256.FusedMultiplyAdd(x1, Vector256.Load(q3 + d + 8), d1);
        }

        products[0] = Vector256.Sum(a0 + a1) + Tail(q0, row, d, width);
        products[1] = Vector256.Sum(b0 + b1) + Tail(q1, row, d, width);
        products[2] = Vector256.Sum(c0 + c1) + Tail(q2, row, d, width);
        products[3] = Vector256.Sum(d0 + d1) + Tail(q3, row, d, width);
    }

    private static float Tail(float* query, short* row, int from, int width)
    {
        float sum = 0;
        for (int d = from; d < width; d++)
            sum += query[d] * BitConverter.Int32BitsToSingle((row[d] & Sign) | ((row[d] << 13) & Rest));
        return sum;
    }
}
