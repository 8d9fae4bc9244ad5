using System.Diagnostics;
using System.Globalization;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Sets;

/// <summary>One whole pass over a data set in random order, gone on with from its middle afterwards.</summary>
/// <param name="Samples">Samples that came, each once.</param>
/// <param name="OpenSeconds">Until the data set was open.</param>
/// <param name="PassSeconds">From the first sample to the last, all that is asked for loaded.</param>
/// <param name="ResumeSeconds">Until the pass stood where it was in its middle, in a data set that was open.</param>
/// <param name="HeldBytes">Managed memory of the open data set.</param>
internal sealed record SetPass(long Samples, double OpenSeconds, double PassSeconds, double ResumeSeconds, long HeldBytes)
{
    // Samples behind the middle that must come again after resuming.
    private const int Compared = 1000;

    /// <summary>Opens, reads all, and resumes; what comes twice, or not at all, or in another order is an error.</summary>
    /// <param name="name">The data set.</param>
    /// <param name="load">What is read of each sample.</param>
    public static SetPass Run(string name, SampleParts load)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true), start = Stopwatch.GetTimestamp();
        var source = Dataset.Open(name);
        double open = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long held = GC.GetTotalMemory(forceFullCollection: true) - before, samples = 0, sum = 0;
        string position = "";
        var expected = new List<string>();
        start = Stopwatch.GetTimestamp();
        using (var shuffled = new ShuffledSamples(source, seed: 1))
        {
            while (shuffled.Next() is { } entry)
            {
                entry.Load(load);
                samples++;
                sum += Number(entry);
                if (samples == source.Count / 2) position = shuffled.Position.ToJson();
                else if (samples > source.Count / 2 && expected.Count < Compared) expected.Add(entry.Id);
            }
        }

        double pass = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (sum != ExpectedSum(source, samples))
            throw new InvalidOperationException($"{name}: the samples that came are not those that were written");
        start = Stopwatch.GetTimestamp();
        using (var resumed = ShuffledSamples.Resume(source, SamplePosition.Parse(position)))
        {
            double resume = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!expected.SequenceEqual(Enumerable.Range(0, expected.Count).Select(_ => resumed.Next()!.Id)))
                throw new InvalidOperationException($"{name}: other samples came after resuming");
            source.Dispose();
            return new SetPass(samples, open, pass, resume, held);
        }
    }

    // Keys are numbers, or paths that end in one.
    private static long Number(SampleEntry entry) => long.Parse(Path.GetFileNameWithoutExtension(entry.Key), CultureInfo.InvariantCulture);

    private static long ExpectedSum(SampleSource source, long samples) =>
        source.IsCountExact && source.Count != samples ? -1 : samples * (samples - 1) / 2;
}
