using System.Globalization;

namespace CsAligner.Cli.Terminals;

/// <summary>
/// How far a long task is. On a terminal it becomes a bar; elsewhere a line at each tenth of the way and at least
/// every half minute.
/// </summary>
internal sealed class Progress
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly string _title;
    private readonly TimeProvider _time;
    private readonly long _start;
    private long _firstDone = -1;
    private long _firstStamp;
    private long _lastLine;
    private long _lastTenth = -1;
    private string _details = "";

    public Progress(string title, long total, TimeProvider time)
    {
        (_title, Total, _time) = (title, total, time);
        _start = _lastLine = time.GetTimestamp();
    }

    /// <summary>How many steps there are.</summary>
    public long Total { get; }

    /// <summary>How many are done.</summary>
    public long Done { get; private set; }

    internal Action Changed { get; set; } = () => { };

    /// <summary>Says how many steps are done by now, with a few words on them: "loss 1.23".</summary>
    public void Report(long done, string details = "")
    {
        if (_firstDone < 0)
        {
            // A resumed run starts in the middle; only what is done now says how fast it goes.
            (_firstDone, _firstStamp) = (done, _time.GetTimestamp());
        }

        (Done, _details) = (done, details);
        Changed();
    }

    /// <summary>The state in one line: title, count, details, time left.</summary>
    internal string Line()
    {
        string details = _details.Length > 0 ? $"  {_details}" : "";
        return $"{_title} {Done.ToString(CultureInfo.InvariantCulture)}/{Total.ToString(CultureInfo.InvariantCulture)}{details}{TimeLeft()}";
    }

    internal void WriteMilestone(TextWriter writer)
    {
        long tenth = Total > 0 ? Done * 10 / Total : 10;
        bool due = tenth > _lastTenth || _time.GetElapsedTime(_lastLine) >= LongestSilence;
        if (!due)
            return;
        (_lastTenth, _lastLine) = (tenth, _time.GetTimestamp());
        writer.WriteLine(Line());
    }

    private string TimeLeft()
    {
        if (Done >= Total)
            return $"  took {Format(_time.GetElapsedTime(_start))}";
        long since = Done - _firstDone;
        TimeSpan elapsed = _time.GetElapsedTime(_firstStamp);
        return since <= 0 || elapsed <= TimeSpan.Zero ? "" : $"  {Format(elapsed * ((double)(Total - Done) / since))} left";
    }

    private static string Format(TimeSpan span) => span.TotalHours >= 1
        ? $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}"
        : $"{span.Minutes}:{span.Seconds:00}";
}
