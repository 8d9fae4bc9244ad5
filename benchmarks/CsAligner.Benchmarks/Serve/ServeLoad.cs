using System.Diagnostics;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Serve;

/// <summary>What clients saw that each ask again as soon as they are answered.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="P50">Median time of a request, in milliseconds.</param>
/// <param name="P99">The time within which 99 of 100 were answered, in milliseconds.</param>
internal sealed record ServeLoad(double PerSecond, double P50, double P99)
{
    public static ServeLoad Run(ServedPeer peer, Tensor queries, bool words, int clients, int top, TimeSpan time)
    {
        long begin = Stopwatch.GetTimestamp();
        var times = new List<double>[clients];
        Task[] all =
        [
            .. Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
            {
                List<double> own = times[client] = [];
                for (int i = client; Stopwatch.GetElapsedTime(begin) < time; i += clients)
                {
                    long asked = Stopwatch.GetTimestamp();
                    if (words) await peer.AskAsync(WordsOf(i), top);
                    else await peer.AskAsync(queries.Span.Slice(i % queries.Rows * queries.Width, queries.Width).ToArray(), top);
                    own.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                }
            })),
        ];
        Task.WaitAll(all);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double[] sorted = [.. times.SelectMany(each => each).Order()];
        return new ServeLoad(sorted.Length / seconds, sorted[sorted.Length / 2], sorted[(int)(0.99 * (sorted.Length - 1))]);
    }

    // No query twice, so that nobody answers from what it remembers.
    private static string WordsOf(int number) => $"a photo of {number % 977} red hearts and {number} small blue arrows";
}
