using System.Diagnostics;
using System.Runtime.InteropServices;
using CsAligner.Benchmarks.Interop;

namespace CsAligner.Benchmarks.Objective;

/// <summary>
/// The yardstick: OpenBLAS on six products of 2·B²·D operations, three that make scores [B, B] and three that make gradients
/// [B, D], and nothing else.
/// </summary>
internal static unsafe class SixProducts
{
    private static double Run(float* rows, float* scores, float* gradient, int batch, int dim)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 3; i++)
        {
            OpenBlas.Multiply(batch, batch, dim, rows, false, rows, true, scores);
            OpenBlas.Multiply(batch, dim, batch, scores, false, rows, false, gradient);
        }
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Answers each line with the seconds of six products.</summary>
    public static void Serve(int batch, int dim, int threads)
    {
        string description = OpenBlas.Describe();
        OpenBlas.SetThreads(threads);
        float* rows = Numbers((long)batch * dim), gradient = Numbers((long)batch * dim), scores = Numbers((long)batch * batch);
        Console.WriteLine(description);
        while (Console.ReadLine() != null) Console.WriteLine(Run(rows, scores, gradient, batch, dim).ToString("R", null));
    }

    private static float* Numbers(long count)
    {
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
        var random = new Random(1);
        for (long i = 0; i < count; i++) memory[i] = (random.NextSingle() - 0.5f) * 0.1f;
        return memory;
    }
}
