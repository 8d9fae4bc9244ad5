using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;

namespace CsAligner.Data.Embedding;

/// <summary>
/// Reads samples and prepares their images on separate threads, one round ahead of the consumer. Rounds and their order depend
/// on the samples alone, not on the threads.
/// </summary>
internal sealed class SamplePrefetcher(IEnumerable<SampleEntry> entries, SampleParts @checked, SampleParts parts, ImagePixels? pixels,
    int size, EmbeddingOptions options, CancellationToken cancellation)
{
    /// <summary>Bytes of pixels in a round, two of which are in memory.</summary>
    private const int RoundBytes = 48 << 20;

    private const int MostSamples = 1024;

    /// <summary>The number of samples in a round: images that fit into a memory budget, in whole batches if the batch size is
    /// fixed.</summary>
    public static int SizeOf(ImagePixels? pixels, int? batchSize)
    {
        if (pixels is null) return 8 * MostSamples;
        int size = Math.Clamp(RoundBytes / pixels.Length, 16, MostSamples);
        return batchSize is { } batch ? Math.Max(batch, size / batch * batch) : size;
    }

    /// <summary>The rounds, in order. A round is filled again when the second after it is asked for.</summary>
    public IEnumerable<Round> Read()
    {
        using var samples = entries.GetEnumerator();
        var (round, next) = (new Round(size, pixels?.Length ?? 0), new Round(size, pixels?.Length ?? 0));
        Task filling = Start(round);
        try
        {
            while (true)
            {
                Synchronously.Run(() => filling);
                if (round.Count == 0) yield break;
                filling = Start(next);
                yield return round;
                (round, next) = (next, round);
            }
        }
        finally
        {
            Task.WaitAny([filling], CancellationToken.None);
        }

        Task Start(Round target) => Task.Run(() => Fill(samples, target), CancellationToken.None);
    }

    private void Fill(IEnumerator<SampleEntry> samples, Round round)
    {
        round.Count = 0;
        while (round.Count < size && samples.MoveNext()) round.Entries[round.Count++] = samples.Current;
        Parallel.For(0, round.Count,
            new ParallelOptions { MaxDegreeOfParallelism = options.DecodeThreads, CancellationToken = cancellation },
            i => Prepare(round, i));
    }

    private void Prepare(Round round, int i)
    {
        (round.Samples[i], round.Problems[i]) = (null, null);
        try
        {
            if (options.Skipped.Contains(round.Entries[i].Id)) throw new InputException("skipped: another run could not use it");
            round.Entries[i].Check(@checked);
            var sample = round.Entries[i].Load(parts);
            pixels?.Read(sample, round.PixelsOf(i));
            round.Samples[i] = sample with { Image = default };
        }
        catch (InputException problem)
        {
            round.Problems[i] = problem.Message;
        }
    }

    /// <summary>Samples that were read together.</summary>
    internal sealed class Round(int size, int imageBytes)
    {
        private readonly byte[] _pixels = new byte[checked(size * imageBytes)];

        public int Count { get; set; }

        public SampleEntry[] Entries { get; } = new SampleEntry[size];

        /// <summary>Null if there is a problem.</summary>
        public Sample?[] Samples { get; } = new Sample?[size];

        public string?[] Problems { get; } = new string?[size];

        public Span<byte> PixelsOf(int i) => _pixels.AsSpan(i * imageBytes, imageBytes);
    }
}
