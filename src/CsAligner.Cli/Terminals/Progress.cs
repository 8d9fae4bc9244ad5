using System.Globalization;
using CsAligner.Studies.Sessions;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CsAligner.Cli.Terminals;

/// <summary>
/// How far a long task is. On a terminal it becomes a bar; elsewhere a line at each tenth of the way and at least
/// every half minute.
/// </summary>
internal sealed class Progress : IStudyProgress
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The speed is that of so long ago until now: a resumed run reports its past epochs at once, and those must not
    /// pass for speed for long.
    /// </summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    private readonly string _title;
    private readonly string? _unit;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Queue<(long Stamp, long Done)> _recent = [];
    private long _lastLine;
    private long _lastTenth = -1;
    private string _details = "";

    public Progress(string title, long total, TimeProvider time, string? unit = null)
    {
        (_title, Total, _time, _unit) = (title, total, time, unit);
        _start = _lastLine = time.GetTimestamp();
    }

    /// <summary>How many steps there are.</summary>
    public long Total { get; private set; }

    /// <summary>How many are done.</summary>
    public long Done { get; private set; }

    internal Action Changed { get; set; } = () => { };

    /// <summary>Says how many steps are done by now, with a few words on them: "loss 1.23".</summary>
    public void Report(long done, string details = "")
    {
        (Done, _details) = (done, details);
        _recent.Enqueue((_time.GetTimestamp(), done));
        while (_recent.Count > 2 && _time.GetElapsedTime(_recent.Peek().Stamp) > Window)
            _recent.Dequeue();
        Changed();
    }

    /// <summary>Says how many steps are done, and of how many: where that has been a guess.</summary>
    public void Report(long done, long total)
    {
        Total = total;
        Report(done);
    }

    /// <summary>The state in one line: title, count, details, rate, time left.</summary>
    internal string Line()
    {
        string details = _details.Length > 0 ? $"  {_details}" : "";
        return $"{_title} {Done.ToString(CultureInfo.InvariantCulture)}/{Total.ToString(CultureInfo.InvariantCulture)}{details}{Speed()}";
    }

    /// <summary>The state as a bar with the details below it, at most <paramref name="width"/> columns wide.</summary>
    internal IRenderable Bar(int width)
    {
        const int MostCells = 30;
        string numbers = $" {Done.ToString(CultureInfo.InvariantCulture)}/{Total.ToString(CultureInfo.InvariantCulture)}{Speed()}";
        // If there is little room the bar is what gives way: words and numbers stay whole, on further lines if need be.
        int cells = Math.Clamp(width - _title.Length - numbers.Length - 2, 0, MostCells);
        int full = Total > 0 ? (int)(cells * Math.Min(Done, Total) / Total) : cells;
        string bar = $"{Markup.Escape(_title)} [green]{new string('━', full)}[/][grey]{new string('─', cells - full)}[/]"
            + $"{Markup.Escape(numbers)}";
        return new Rows(new Markup(bar), new Text(_details, new Style(Color.Grey)));
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

    private string Speed()
    {
        if (Done >= Total)
            return $"  took {Format(_time.GetElapsedTime(_start))}";
        (long stamp, long done) = _recent.Count > 0 ? _recent.Peek() : default;
        double seconds = _recent.Count > 0 ? _time.GetElapsedTime(stamp).TotalSeconds : 0;
        if (Done <= done || seconds <= 0)
            return "";
        double perSecond = (Done - done) / seconds;
        string rate = _unit is null
            ? ""
            : $"  {perSecond.ToString(perSecond < 1000 ? "G3" : "F0", CultureInfo.InvariantCulture)} {_unit}/s";
        return $"{rate}  {Format(TimeSpan.FromSeconds((Total - Done) / perSecond))} left";
    }

    private static string Format(TimeSpan span) => span.TotalHours >= 1
        ? $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}"
        : $"{span.Minutes}:{span.Seconds:00}";
}
