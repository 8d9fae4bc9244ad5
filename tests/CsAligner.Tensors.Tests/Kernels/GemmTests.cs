using CsAligner.Tensors.Kernels.Matrices;

namespace CsAligner.Tensors.Tests.Kernels;

[Collection(ComputeSettings.Collection)]
public sealed class GemmTests : IDisposable
{
    private readonly int _threads = Compute.Threads;
    private readonly SimdPath _path = Simd.Path;

    // Below, at and above the height and width of every path's tile, and of several tiles.
    private static readonly int[] Heights = [1, 2, 5, 6, 7, 8, 9, 12, 13, 16, 17, 25, 50];
    private static readonly int[] Widths = [1, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 63, 96, 97, 101];
    private static readonly int[] Depths = [1, 2, 3, 7, 8, 9, 17, 64];

    public static TheoryData<string> Paths => ["portable", "avx2", "avx512"];

    public void Dispose()
    {
        Compute.Threads = _threads;
        Simd.Path = _path;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_remainder_agrees_with_the_definition(string path)
    {
        Force(path, threads: 1);
        foreach (int m in Heights)
        {
            foreach (int n in Widths)
            {
                foreach (int k in Depths)
                {
                    using var product = new GemmCase(m, n, k, gap: 2, seed: m + n + k);
                    bool accumulate = (m + n + k) % 2 == 0;
                    product.Run(accumulate);
                    product.Check(accumulate);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_layout_agrees_with_the_definition(string path)
    {
        Force(path, threads: 1);
        foreach (MatrixLayout a in Enum.GetValues<MatrixLayout>())
        {
            foreach (MatrixLayout b in Enum.GetValues<MatrixLayout>())
            {
                foreach ((int m, int n, int k) in (ReadOnlySpan<(int, int, int)>)
                    [(5, 3, 4), (8, 48, 8), (17, 17, 32), (65, 64, 65), (33, 100, 9), (131, 147, 151), (70, 33, 530)])
                {
                    using var product = new GemmCase(m, n, k, a, b, gap: 1);
                    product.Run(accumulate: false);
                    product.Check(accumulate: false);
                    product.Run(accumulate: true);
                    product.Check(accumulate: true);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Several_depth_blocks_are_added(string path)
    {
        Force(path, threads: 2);
        foreach (int k in (int[])[511, 512, 513, 1023, 1024, 1025, 3001])
        {
            foreach (bool accumulate in (bool[])[false, true])
            {
                using var product = new GemmCase(19, 53, k, MatrixLayout.Columns, MatrixLayout.Rows);
                product.Run(accumulate);
                product.Check(accumulate);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Operands_larger_than_the_packing_buffers_are_done_in_parts(string path)
    {
        Force(path, threads: 2);
        using var tall = new GemmCase(16_500, 9, 512, MatrixLayout.Columns, MatrixLayout.Rows);
        tall.Run(accumulate: true);
        tall.Check(accumulate: true, step: 97);
        using var wide = new GemmCase(9, 16_500, 512, MatrixLayout.Rows, MatrixLayout.Columns);
        wide.Run(accumulate: true);
        wide.Check(accumulate: true, step: 97);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Any_number_of_threads_gives_the_same_bits(string path)
    {
        foreach ((int m, int n, int k) in (ReadOnlySpan<(int, int, int)>)
            [(97, 101, 103), (300, 200, 700), (8, 1000, 600), (1000, 8, 600), (192, 192, 2000)])
        {
            foreach (MatrixLayout layout in (MatrixLayout[])[MatrixLayout.Rows, MatrixLayout.Columns])
            {
                using var product = new GemmCase(m, n, k, layout, layout);
                Force(path, threads: 1);
                product.Run(accumulate: true);
                uint[] expected = product.Bits();
                product.Check(accumulate: true, step: 101);
                foreach (int threads in (int[])[2, 3])
                {
                    Force(path, threads);
                    product.Run(accumulate: true);
                    Assert.Equal(expected, product.Bits());
                }
            }
        }
    }

    [Fact]
    public void Paths_with_fused_multiply_add_give_the_same_bits()
    {
        SimdPath[] fused = [.. Enum.GetValues<SimdPath>().Where(p => p != SimdPath.Portable && Simd.IsAvailable(p))];
        Assert.SkipUnless(fused.Length == 2, "this processor has only one path with fused multiply-add");
        using var product = new GemmCase(50, 101, 800);
        Simd.Path = fused[0];
        product.Run(accumulate: true);
        uint[] expected = product.Bits();
        Simd.Path = fused[1];
        product.Run(accumulate: true);
        Assert.Equal(expected, product.Bits());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void An_element_does_not_depend_on_its_neighbours_or_on_the_layout(string path)
    {
        Force(path, threads: 2);
        const int M = 150, N = 170, K = 600;
        using var whole = new GemmCase(M, N, K);
        whole.Run(accumulate: false);
        using var turned = new GemmCase(M, N, K, MatrixLayout.Columns, MatrixLayout.Columns);
        using var row = new GemmCase(1, N, K);
        using var column = new GemmCase(M, 1, K);
        for (int p = 0; p < K; p++)
        {
            for (int i = 0; i < M; i++) turned.SetA(i, p, whole.A[i * K + p]);
            for (int j = 0; j < N; j++) turned.SetB(p, j, whole.B[p * N + j]);
            row.SetA(0, p, whole.A[149 * K + p]);
            for (int j = 0; j < N; j++) row.SetB(p, j, whole.B[p * N + j]);
            column.SetB(p, 0, whole.B[p * N + 169]);
            for (int i = 0; i < M; i++) column.SetA(i, p, whole.A[i * K + p]);
        }
        turned.Run(accumulate: false);
        row.Run(accumulate: false);
        column.Run(accumulate: false);
        Assert.Equal(whole.Bits(), turned.Bits());
        for (int j = 0; j < N; j++) Assert.Equal(whole[149, j], row[0, j]);
        for (int i = 0; i < M; i++) Assert.Equal(whole[i, 169], column[i, 0]);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Empty_products_write_zeros_or_nothing(string path)
    {
        Force(path, threads: 2);
        using var noDepth = new GemmCase(5, 7, 0, gap: 3);
        noDepth.Run(accumulate: true);
        noDepth.Check(accumulate: true);
        noDepth.Run(accumulate: false);
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 7; j++) Assert.Equal(0f, noDepth[i, j]);
        }
        noDepth.Check(accumulate: false);
        foreach ((int m, int n) in (ReadOnlySpan<(int, int)>)[(0, 7), (7, 0), (0, 0)])
        {
            using var empty = new GemmCase(m, n, 4);
            uint[] before = empty.Bits();
            empty.Run(accumulate: false);
            Assert.Equal(before, empty.Bits());
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Old_contents_of_C_do_not_leak_into_a_product(string path)
    {
        Force(path, threads: 1);
        using var product = new GemmCase(9, 50, 5);
        product.Run(accumulate: false);
        uint[] expected = product.Bits();
        using var again = new GemmCase(9, 50, 5);
        again.FillC(float.NaN);
        again.Run(accumulate: false);
        Assert.Equal(expected, again.Bits());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Not_a_number_and_infinity_reach_their_row_and_column_only(string path)
    {
        Force(path, threads: 1);
        const int M = 19, N = 53, K = 20;
        using var product = new GemmCase(M, N, K);
        product.SetA(18, 7, float.NaN);
        product.SetA(3, 2, float.PositiveInfinity);
        product.SetB(2, 9, 0f);
        product.SetB(5, 52, float.NegativeInfinity);
        product.SetA(4, 5, 0f);
        product.Run(accumulate: false);
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                // Infinity times zero is not a number: in row 3 at column 9, in column 52 at row 4.
                bool notNumber = i == 18 || (i == 3 && j == 9) || (i == 4 && j == 52);
                bool infinite = !notNumber && (i == 3 || j == 52);
                if (i == 3 && j == 52) continue;
                Assert.True(
                    notNumber ? float.IsNaN(product[i, j]) : infinite ? float.IsInfinity(product[i, j]) : float.IsFinite(product[i, j]),
                    $"{product}: C[{i}, {j}] = {product[i, j]}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public unsafe void A_batch_gives_the_same_bits_as_its_products_one_by_one(string path)
    {
        foreach ((int batch, int m, int n, int k) in (ReadOnlySpan<(int, int, int, int)>)
            [(0, 3, 3, 3), (1, 17, 17, 32), (50, 17, 17, 32), (7, 65, 64, 65), (3, 100, 300, 200), (500, 3, 2, 1)])
        {
            var random = new Random(batch);
            float[] a = Numbers(random, batch * m * k), b = Numbers(random, batch * k * n), c = new float[batch * m * n];
            float[] expected = new float[c.Length];
            fixed (float* pa = a, pb = b, pc = c, pe = expected)
            {
                Force(path, threads: 1);
                for (int i = 0; i < batch; i++) Gemm.Run(m, n, k,
                    new(pa + i * m * k, k), new(pb + i * k * n, 1, k), new(pe + i * m * n, n), false);
                foreach (int threads in (int[])[1, 2, 3])
                {
                    Force(path, threads);
                    Array.Clear(c);
                    Gemm.RunBatched(batch, m, n, k, new(pa, k, 1, m * k), new(pb, 1, k, k * n), new(pc, n, 1, m * n), false);
                    Assert.Equal(expected, c);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public unsafe void A_stride_of_zero_repeats_a_row(string path)
    {
        Force(path, threads: 1);
        float[] a = [.. Enumerable.Repeat(0.5f, 9 * 7)], b = [.. Enumerable.Range(0, 32).Select(j => (float)j)], c = new float[9 * 32];
        fixed (float* pa = a, pb = b, pc = c)
        {
            Gemm.Run(9, 32, 7, new(pa, 7), new(pb, 0), new(pc, 32), false);
            for (int i = 0; i < c.Length; i++) Assert.Equal(3.5f * (i % 32), c[i]);
            Gemm.Run(9, 32, 7, new(pa, 0, 0), new(pb, 0), new(pc, 32), false);
            for (int i = 0; i < c.Length; i++) Assert.Equal(3.5f * (i % 32), c[i]);
        }
    }

    [Fact]
    public unsafe void One_operand_can_serve_a_whole_batch()
    {
        var random = new Random(3);
        float[] a = Numbers(random, 4 * 5 * 6), b = Numbers(random, 6 * 7), c = new float[4 * 5 * 7], expected = new float[c.Length];
        fixed (float* pa = a, pb = b, pc = c, pe = expected)
        {
            Gemm.Run(20, 7, 6, new(pa, 6), new(pb, 7), new(pe, 7), false);
            Gemm.RunBatched(4, 5, 7, 6, new(pa, 6, 1, 30), new(pb, 7, 1, 0), new(pc, 7, 1, 35), false);
        }
        Assert.Equal(expected, c);
    }

    [Fact]
    public unsafe void After_the_first_call_nothing_is_allocated()
    {
        Compute.Threads = 2;
        float[] a = new float[200 * 200], b = new float[200 * 200], c = new float[200 * 200];
        fixed (float* pa = a, pb = b, pc = c)
        {
            long before = 0;
            for (int round = 0; round < 20; round++)
            {
                if (round == 10) before = GC.GetAllocatedBytesForCurrentThread();
                Gemm.Run(200, 200, 200, new(pa, 1, 200), new(pb, 1, 200), new(pc, 200), false);
                Gemm.RunBatched(100, 17, 17, 20, new(pa, 20, 1, 340), new(pb, 1, 20, 340), new(pc, 17, 1, 289), false);
            }
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public unsafe void Products_of_several_threads_do_not_disturb_each_other()
    {
        Compute.Threads = 2;
        int failures = 0;
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            for (int round = 0; round < 20; round++)
            {
                using var product = new GemmCase(90 + seed, 100, 110, MatrixLayout.Columns, MatrixLayout.Columns, seed: seed);
                product.Run(accumulate: false);
                try
                {
                    product.Check(accumulate: false);
                }
                catch (Xunit.Sdk.TrueException)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }))];
        foreach (var caller in callers) caller.Start();
        foreach (var caller in callers) caller.Join();
        Assert.Equal(0, failures);
    }

    private static float[] Numbers(Random random, int count)
    {
        var numbers = new float[count];
        foreach (ref float x in numbers.AsSpan()) x = random.NextSingle() * 2 - 1;
        return numbers;
    }

    private static void Force(string name, int threads)
    {
        SimdPath path = Enum.GetValues<SimdPath>().Single(p => Simd.NameOf(p) == name);
        Assert.SkipUnless(Simd.IsAvailable(path), $"this processor has no {name}");
        Simd.Path = path;
        Compute.Threads = threads;
    }
}
