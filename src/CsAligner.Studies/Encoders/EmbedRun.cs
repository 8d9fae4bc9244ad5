using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Embedding;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Encoders;

/// <summary>The work of <c>embed</c> with its progress: shard by shard from the model into a feature set.</summary>
internal sealed class EmbedRun(IStudySession session, EmbedModel model, string fingerprint, EmbedInputs inputs, EmbeddingOptions options)
{
    // So many bad samples are named on the terminal; the log names all.
    private const int MostNamed = 3;

    public EmbeddingTotals Totals { get; private set; } = new(0, 0, 0, 0, 0, 0, false);

    /// <summary>How many shards the whole has.</summary>
    public int Shards { get; private set; }

    public double ImageSeconds { get; private set; }

    public double TextSeconds { get; private set; }

    /// <summary>Embeds everything, or one process' share of it.</summary>
    /// <param name="folder">The feature set.</param>
    /// <param name="share">Of how many processes this is which, from 1; null does all that is left and puts the set in its place.</param>
    public void Write(string folder, (int Part, int Parts)? share = null)
    {
        var job = new EmbeddingJob(folder, new EmbeddingEncoders(model.Name, fingerprint, model.Images, model.Texts), inputs.Images,
            inputs.Texts, options);
        var shards = share is { } s ? job.Share(s.Part, s.Parts) : job.Shards;
        Shards = job.Shards.Count;
        using var held = share is { } taken ? OutputLock.OfShare(folder, taken.Part, taken.Parts) : OutputLock.OfFolder(folder);
        string unit = inputs.Images is not null ? inputs.Texts is null || inputs.IsPaired ? "images" : "rows" : "texts";
        string title = unit == "rows" ? "embedding images and texts" : $"embedding {unit}";
        var named = new List<string>();
        session.WithProgress(
            title,
            shards.Sum(shard => shard.Count),
            progress => Totals = job.Run(shards, (done, total) => progress.Report(done, total), Say, session.Cancellation),
            unit);
        foreach (string bad in named) session.Say($"bad sample: {bad}");
        (ImageSeconds, TextSeconds) = (job.ImageSeconds, job.TextSeconds);
        if (job.Found > 0) session.Say($"{job.Found} samples are in shards that an earlier run finished");
        if (share is null) Totals = job.Join();
        if (Totals.Bad > 0)
            session.Say($"{Totals.Bad} of {Totals.Samples} samples were bad and "
                + $"skipped{(share is null ? $": {Path.Combine(folder, Data.Datasets.Samples.BadSamples.LogFile)} lists them" : "")}");

        void Say(string bad)
        {
            if (named.Count < MostNamed) named.Add(bad);
        }
    }
}
