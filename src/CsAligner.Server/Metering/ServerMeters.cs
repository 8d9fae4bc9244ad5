using System.Diagnostics.Metrics;

namespace CsAligner.Server.Metering;

/// <summary>What the service counts beside what ASP.NET Core counts of its requests.</summary>
internal sealed class ServerMeters : IDisposable
{
    public const string Name = "CsAligner.Server";

    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _search, _encode;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _pictures, _partial;

    public ServerMeters()
    {
        _search = _meter.CreateHistogram<double>("csalign.search.duration", "s", "Time of searches in the index");
        _encode = _meter.CreateHistogram<double>("csalign.encode.duration", "s", "Time of batches in the model");
        _batch = _meter.CreateHistogram<int>("csalign.encode.batch", null, "Words or pictures in a batch");
        _pictures = _meter.CreateCounter<long>("csalign.pictures", null, "Pictures that were decoded, by outcome");
        _partial = _meter.CreateCounter<long>("csalign.search.partial", null, "Answers that lack a part of the index");
    }

    public void Searched(TimeSpan time, bool partial)
    {
        _search.Record(time.TotalSeconds);
        if (partial) _partial.Add(1);
    }

    public void Encoded(int count, TimeSpan time)
    {
        _encode.Record(time.TotalSeconds);
        _batch.Record(count);
    }

    public void Decoded(string outcome) => _pictures.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();
}
