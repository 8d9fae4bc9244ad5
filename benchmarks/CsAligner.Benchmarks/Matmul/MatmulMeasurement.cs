using System.Diagnostics;
using System.Runtime.InteropServices;
using CsAligner.Benchmarks.Interop;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Matrices;

namespace CsAligner.Benchmarks.Matmul;

/// <summary>Times one shape: ours and theirs in turn, so that a machine that drifts treats both alike.</summary>
internal static unsafe class MatmulMeasurement
{
    // OpenBLAS's threads spin for some milliseconds after each product, which would slow down whatever runs next.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(60);

    private static readonly TimeSpan Slot = TimeSpan.FromMilliseconds(60);

    public static MatmulResult Measure(MatmulShape shape, int threads, int rounds)
    {
        (int m, int n, int k) = (shape.M, shape.N, shape.K);
        float* a = Numbers((long)m * k, 1), b = Numbers((long)k * n, 2), c = Numbers((long)m * n, 3), theirs = Numbers((long)m * n, 3);
        Compute.Threads = threads;
        OpenBlas.SetThreads(threads);

        void Ours() => Gemm.Run(
            m, n, k, shape.TransposeA ? new(a, 1, m) : new(a, k), shape.TransposeB ? new(b, 1, k) : new(b, n), new(c, n), false);
        void Theirs() => OpenBlas.Multiply(m, n, k, a, shape.TransposeA, b, shape.TransposeB, theirs);

        Ours();
        Theirs();
        CompareResults(shape, c, theirs);
        var times = new double[rounds];
        var peerTimes = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that neither always profits from what the other left behind.
            if (round % 2 == 0) times[round] = Time(Ours);
            peerTimes[round] = Time(Theirs);
            if (round % 2 != 0) times[round] = Time(Ours);
        }
        foreach (nint memory in (ReadOnlySpan<nint>)[(nint)a, (nint)b, (nint)c, (nint)theirs]) NativeMemory.AlignedFree((void*)memory);
        return new MatmulResult(
            shape.Use, m, n, k, shape.TransposeA, shape.TransposeB, threads,
            shape.Flops / Rounds.Median(times) / 1e9, shape.Flops / Rounds.Median(peerTimes) / 1e9,
            Rounds.Ratio(peerTimes, times));
    }

    /// <summary>Seconds of one call, as the mean over a slot of time after an untimed call.</summary>
    private static double Time(Action call)
    {
        Thread.Sleep(Pause);
        long start = Stopwatch.GetTimestamp();
        call();
        if (Stopwatch.GetElapsedTime(start) > Slot) return Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        int calls = 0;
        do
        {
            call();
            calls++;
        }
        while (Stopwatch.GetElapsedTime(start) < Slot);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }

    private static void CompareResults(MatmulShape shape, float* ours, float* theirs)
    {
        for (long i = 0; i < (long)shape.M * shape.N; i++)
        {
            // Numbers are within -1 and 1: a sum of k products in another order differs by far less than this.
            if (Math.Abs(ours[i] - theirs[i]) > 1e-5f * shape.K)
                throw new InvalidOperationException($"{shape}: element {i} is {ours[i]} here and {theirs[i]} in OpenBLAS.");
        }
    }

    private static float* Numbers(long count, int seed)
    {
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
        var random = new Random(seed);
        for (long i = 0; i < count; i++) memory[i] = random.NextSingle() * 2 - 1;
        return memory;
    }
}
