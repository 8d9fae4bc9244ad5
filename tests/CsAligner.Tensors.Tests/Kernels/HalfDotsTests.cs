using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>Products with float16 rows: every length, each SIMD path, and all kinds of finite values.</summary>
[Collection(ComputeSettings.Collection)]
public sealed unsafe class HalfDotsTests : IDisposable
{
    private readonly SimdPath _path = Simd.Path;

    public static TheoryData<string> Paths() => [.. Enum.GetValues<SimdPath>().Where(Simd.IsAvailable).Select(Simd.NameOf)];

    public void Dispose() => Simd.Path = _path;

    [Theory]
    [MemberData(nameof(Paths))]
    public void Scores_are_products_in_float32(string path)
    {
        Simd.Path = Simd.Read(path);
        var random = new RandomGenerator(1);
        for (int width = 1; width <= 100; width++)
        {
            const int Rows = 5;
            float[] query = Tensor.Normal(random, 1, 1, width).Span.ToArray();
            Half[] rows = [.. Tensor.Normal(random, 1, Rows, width).Span.ToArray().Select(value => (Half)value)];

            // The extremes: subnormal, the smallest normal, the largest, both zeros.
            rows[0] = Half.Epsilon;
            if (width > 4) (rows[1], rows[2], rows[3], rows[4]) = ((Half)6.104e-5f, Half.MaxValue, Half.NegativeZero, -Half.Epsilon);
            byte[] wanted = [1, 0, 2, 1, 0];
            var scores = new float[Rows];
            fixed (Half* start = rows) HalfDots.ScoreAll(query, start, wanted, scores);
            for (int row = 0; row < Rows; row++)
            {
                if (wanted[row] == 0)
                {
                    Assert.Equal(float.NegativeInfinity, scores[row]);
                    continue;
                }

                ReadOnlySpan<Half> values = rows.AsSpan(row * width, width);
                double expected = 0, size = 0;
                for (int d = 0; d < width; d++)
                {
                    expected += query[d] * (double)values[d];
                    size += Math.Abs(query[d] * (double)values[d]);
                }

                Assert.Equal(expected, scores[row], (HalfDots.Rounding(width) * size) + 1e-30);
                Assert.Equal(expected, HalfDots.Dot(query, values).Product, 1e-12 * (size + 1e-6));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_subnormal_row_is_not_zero(string path)
    {
        Simd.Path = Simd.Read(path);
        Half[] rows = [.. Enumerable.Repeat(Half.Epsilon, 64)];
        float[] query = [.. Enumerable.Repeat(0.125f, 64)], scores = new float[1];
        fixed (Half* start = rows) HalfDots.ScoreAll(query, start, [1], scores);
        Assert.Equal(8 * (float)Half.Epsilon, scores[0], 1e-12f);
    }
}
