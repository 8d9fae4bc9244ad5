using Spectre.Console;

namespace CsAligner.Cli.Terminals;

/// <summary>
/// Everything the command line shares with the world, so that a test can put its own in place. Results go to
/// <see cref="Output"/> (stdout); words, progress and errors to stderr.
/// </summary>
internal sealed class Terminal
{
    private const int WidthOfFiles = 1000;

    /// <summary>stdout as plain text.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>stderr as plain text.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>stdout for tables.</summary>
    public required IAnsiConsole Tables { get; init; }

    /// <summary>stderr for words and progress.</summary>
    public required IAnsiConsole Words { get; init; }

    /// <summary>The clock for rates and the time left.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The terminal of this process.</summary>
    /// <param name="plain">Whether to write as to a file even where it is a terminal.</param>
    public static Terminal ForProcess(bool plain = false) => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        Tables = ConsoleFor(Console.Out, plain || Console.IsOutputRedirected),
        Words = ConsoleFor(Console.Error, plain || Console.IsErrorRedirected),
    };

    /// <summary>A terminal that shows nothing.</summary>
    public static Terminal Silent() => new()
    {
        Output = TextWriter.Null,
        Error = TextWriter.Null,
        Tables = ConsoleFor(TextWriter.Null, redirected: true),
        Words = ConsoleFor(TextWriter.Null, redirected: true),
    };

    /// <summary>A table on stdout, or a list where it is wider than the terminal.</summary>
    public void WriteTable(TextTable table) => table.Write(Tables);

    /// <summary>A line of words on stderr, without markup.</summary>
    public void Say(string line) => Error.WriteLine(line);

    /// <summary>
    /// Runs <paramref name="body"/> under a progress bar on a terminal, or with milestone lines elsewhere.
    /// </summary>
    /// <param name="title">The current activity: "training".</param>
    /// <param name="total">How many steps there are.</param>
    /// <param name="body">Calls <see cref="Progress.Report(long, string)"/> as it goes.</param>
    /// <param name="unit">The unit of progress, to show a rate: "epochs". Null shows no rate.</param>
    public void WithProgress(string title, long total, Action<Progress> body, string? unit = null)
    {
        var progress = new Progress(title, total, Time, unit);
        if (!Words.Profile.Capabilities.Interactive || !Words.Profile.Out.IsTerminal)
        {
            progress.Changed = () => progress.WriteMilestone(Error);
            body(progress);
            return;
        }

        Words.Live(new Text(progress.Line())).Start(display =>
        {
            long last = 0;
            progress.Changed = () =>
            {
                // Ten times a second is all that an eye can use; the last state always shows.
                if (progress.Done < progress.Total && Time.GetElapsedTime(last).TotalSeconds < 0.1)
                    return;
                last = Time.GetTimestamp();
                display.UpdateTarget(progress.Bar(Words.Profile.Width));
            };
            body(progress);
        });
    }

    /// <summary>Progress as milestone lines, on a terminal too.</summary>
    public Progress Milestones(string title, long total)
    {
        var progress = new Progress(title, total, Time);
        progress.Changed = () => progress.WriteMilestone(Error);
        return progress;
    }

    /// <summary>A file or a pipe gets no escape codes, whatever TERM says, and lines as wide as its tables are,
    /// or as COLUMNS says.</summary>
    private static IAnsiConsole ConsoleFor(TextWriter writer, bool redirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
            console.Profile.Width = int.TryParse(System.Environment.GetEnvironmentVariable("COLUMNS"), out int columns) && columns > 0
                ? columns
                : WidthOfFiles;
        return console;
    }
}
