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
            Score([query], rows, [wanted], [scores]);
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
        Score([query], rows, [[1]], [scores]);
        Assert.Equal(8 * (float)Half.Epsilon, scores[0], 1e-12f);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Queries_that_share_a_pass_get_the_bits_that_they_get_alone(string path)
    {
        Simd.Path = Simd.Read(path);
        var random = new RandomGenerator(2);
        foreach (int width in (int[])[1, 15, 16, 33, 64, 100, 512])
        {
            const int Rows = 41;
            Half[] rows = [.. Tensor.Normal(random, 1, Rows, width).Span.ToArray().Select(value => (Half)value)];
            for (int queries = 2; queries <= HalfDots.MostQueries; queries++)
            {
                // One asks for fewer rows than there are, as one does that began before the file grew.
                int[] counts = [.. Enumerable.Range(0, queries).Select(i => i == 1 ? Rows - 3 : Rows)];
                float[][] asked = [.. counts.Select(_ => Tensor.Normal(random, 1, 1, width).Span.ToArray())];
                byte[][] wanted = [.. counts
                    .Select((count, i) => Enumerable.Range(0, count).Select(row => (byte)((row + i) % 3)).ToArray())];
                float[][] together = [.. counts.Select(count => new float[count])], alone = [.. counts.Select(count => new float[count])];
                Score(asked, rows, wanted, together);
                for (int i = 0; i < queries; i++) Score([asked[i]], rows[..(counts[i] * width)], [wanted[i]], [alone[i]]);
                for (int i = 0; i < queries; i++) Assert.Equal(alone[i], together[i]);
            }
        }
    }

    private static void Score(float[][] queries, Half[] rows, byte[][] wanted, float[][] scores)
    {
        int width = queries[0].Length;
        var handles = new List<System.Runtime.InteropServices.GCHandle>();
        nint Pin(Array array)
        {
            var handle = System.Runtime.InteropServices.GCHandle.Alloc(array, System.Runtime.InteropServices.GCHandleType.Pinned);
            handles.Add(handle);
            return handle.AddrOfPinnedObject();
        }

        var asked = new HalfQuery[queries.Length];
        for (int i = 0; i < asked.Length; i++)
        {
            var scaled = new float[width];
            HalfDots.Prepare(queries[i], scaled);
            asked[i] = new HalfQuery((float*)Pin(scaled), width, (byte*)Pin(wanted[i]), (float*)Pin(scores[i]), scores[i].Length);
        }

        fixed (Half* start = rows) HalfDots.ScoreAll(asked, start, 0, rows.Length / width);
        handles.ForEach(handle => handle.Free());
    }
}
