using System.Diagnostics;
using CsAligner.Benchmarks.Pretrain;
using CsAligner.Models;

namespace CsAligner.Benchmarks.Embed;

/// <summary>What a user of the embedded default sees: icon-clip by its embedder, preparing images and tokenizing included.</summary>
internal static class IconClipSpeed
{
    private const string Folder = "models/icon-clip";
    private const int Count = 2048;

    /// <summary>Medians of images and texts per second.</summary>
    public static (double Images, double Texts) Measure(int rounds)
    {
        var embedder = ClipEmbedder.Load(Folder);
        var icons = new SyntheticIcons();
        string[] texts = [.. Enumerable.Range(0, Count).Select(i => icons.Captions(i)[0])];
        byte[] pixels = new byte[3 * embedder.ImageSize * embedder.ImageSize];
        new Random(1).NextBytes(pixels);
        Func<object>[] calls = [() => embedder.EmbedImages(Count, (_, rgb) => pixels.CopyTo(rgb)), () => embedder.EmbedTexts(texts)];
        double[] speeds = [.. calls.Select(call =>
        {
            call();
            return Rounds.Median(Enumerable.Range(0, rounds).Select(_ =>
            {
                long start = Stopwatch.GetTimestamp();
                call();
                return Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }));
        })];
        return (speeds[0], speeds[1]);
    }
}
