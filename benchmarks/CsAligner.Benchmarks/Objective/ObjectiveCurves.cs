using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Objective;

/// <summary>
/// How the objective's cost grows with the batch, the width and the threads, each point beside six OpenBLAS products of its
/// size: the share of what the arithmetic alone would take.
/// </summary>
internal static unsafe class ObjectiveCurves
{
    private const int Batch = 2048, Dim = 768;

    private static readonly int[] _batches = [256, 512, 1024, 2048, 4096, 8192];
    private static readonly int[] _dims = [64, 128, 256, 512, 1024, 2048];

    // OpenBLAS's threads spin for some milliseconds after each product, which would slow down whatever runs next.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private sealed record Point(int Batch, int Dim, int Threads, double Seconds, double Gflops, double Share);

    /// <summary>Measures the curves and writes objective-curves.md.</summary>
    public static void Write(ObjectiveSettings settings, int rounds)
    {
        string peer = "";
        int threads = Compute.Threads;
        double bandwidth = Rounds.Median(Enumerable.Range(0, rounds).Select(_ => CopyBandwidth()));
        Point At(int batch, int dim, int count) => Measure(settings with { Batch = batch, Dim = dim }, count, rounds, out peer);
        (string Title, Point[] Points)[] curves =
        [
            ($"Over B, D = {Dim}, {threads} threads", [.. _batches.Select(batch => At(batch, Dim, threads))]),
            ($"Over D, B = {Batch}, {threads} threads", [.. _dims.Select(dim => At(Batch, dim, threads))]),
            ($"Over threads, B = {Batch}, D = {Dim}", [.. Enumerable.Range(1, threads).Select(count => At(Batch, Dim, count))]),
        ];
        string path = Path.Combine(Machine.ResultsFolder(), "objective-curves.md");
        string text = Table(settings, rounds, peer, bandwidth, curves);
        AtomicFile.WriteAllText(path, text);
        Console.Write(text);
        Console.Error.WriteLine($"written: {path}");
    }

    private static Point Measure(ObjectiveSettings settings, int threads, int rounds, out string peer)
    {
        Compute.Threads = threads;
        var call = new ObjectiveCall(settings);
        using var products =
            new SelfPeer(
                [ObjectiveBenchmark.ProductsVerb,
                    .. new[] { settings.Batch, settings.Dim, threads }.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
        peer = products.About;
        call.Run();
        products.Ask("");
        double[] ours = new double[rounds], theirs = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that neither always profits from what the other left behind.
            for (int i = 0; i < 2; i++)
            {
                Thread.Sleep(_pause);
                if (i == round % 2) ours[round] = call.Run().Seconds;
                else theirs[round] = products.Ask("")[0];
            }
        }

        double seconds = Rounds.Median(ours);
        Console.Error.WriteLine($"B {settings.Batch}, D {settings.Dim}, {threads} threads: {seconds:f4} s");
        return new Point(settings.Batch, settings.Dim, threads, seconds, call.Flops / seconds / 1e9, Rounds.Ratio(theirs, ours));
    }

    /// <summary>Bytes read and written per second by a copy far larger than any cache, of this many threads.</summary>
    private static double CopyBandwidth()
    {
        const int Floats = 64 << 20;
        float* source = Ones(Floats), target = Ones(Floats);
        int parts = Compute.Threads;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, parts, part =>
        {
            int length = Floats / parts;
            new ReadOnlySpan<float>(source + ((long)part * length), length).CopyTo(new Span<float>(target + ((long)part * length), length));
        });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        NativeMemory.AlignedFree(source);
        NativeMemory.AlignedFree(target);
        return 2.0 * Floats * sizeof(float) / seconds;
    }

    private static string Table(ObjectiveSettings settings, int rounds, string peer, double bandwidth,
        (string Title, Point[] Points)[] curves)
    {
        var text = new StringBuilder();
        text.Append("# Cost of the objective over B, D and threads\n\n");
        text.Append("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- objective --curves`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"- SIMD path {Compute.Simd}; products: {peer}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - A plain copy in memory moves {bandwidth / 1e9:f1} GB/s, counting reads and writes

            D_CS + {settings.Lambda} InfoNCE, forward and backward, sigma = {settings.Bandwidth}, tau = {settings.Temperature}; medians of {rounds} rounds, in turn with OpenBLAS. "Share" is the time of six OpenBLAS products of the same size and number of threads, divided by our time. "Copy" is the time that a copy at the rate above would need to read both inputs and write both gradients, divided by our time; while it is small, arithmetic is the bottleneck.

            """);
        foreach (var (title, points) in curves)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"\n## {title}\n\n| B | D | threads | time | GFLOP/s | share of OpenBLAS | copy |\n|--:|--:|--:|--:|--:|--:|--:|\n");
            foreach (Point p in points)
            {
                double copy = 4.0 * p.Batch * p.Dim * sizeof(float) / bandwidth / p.Seconds;
                text.Append(CultureInfo.InvariantCulture,
                    $"| {p.Batch:N0} | {p.Dim:N0} | {p.Threads} | {1000 * p.Seconds:f1} ms | {p.Gflops:f0} | {p.Share:f2} | {copy:P1} |\n");
            }
        }

        return text.ToString();
    }

    private static float* Ones(long count)
    {
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
        for (long start = 0; start < count; start += 1 << 28)
            new Span<float>(memory + start, (int)Math.Min(1 << 28, count - start)).Fill(0.01f);
        return memory;
    }
}
