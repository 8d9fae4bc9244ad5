using Spectre.Console;

namespace CsAligner.Cli.Terminals;

/// <summary>
/// Everything the command line shares with the world, so that a test can put its own in place. Results go to
/// <see cref="Output"/> (stdout); words, progress and errors to stderr.
/// </summary>
internal sealed class Terminal
{
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
    public static Terminal ForProcess() => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        Tables = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) }),
        Words = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }),
    };

    /// <summary>A line of words on stderr, without markup.</summary>
    public void Say(string line) => Error.WriteLine(line);

    /// <summary>
    /// Runs <paramref name="body"/> under a progress bar on a terminal, or with milestone lines elsewhere.
    /// </summary>
    /// <param name="title">What is being done: "training".</param>
    /// <param name="total">How many steps there are.</param>
    /// <param name="body">Calls <see cref="Progress.Report"/> as it goes.</param>
    public void WithProgress(string title, long total, Action<Progress> body)
    {
        var progress = new Progress(title, total, Time);
        if (!Words.Profile.Capabilities.Interactive || !Words.Profile.Out.IsTerminal)
        {
            progress.Changed = () => progress.WriteMilestone(Error);
            body(progress);
            return;
        }

        Words.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
                progress.Changed = () =>
                {
                    task.Value = progress.Done;
                    task.Description = Markup.Escape(progress.Line());
                };
                body(progress);
                task.Value = progress.Done;
            });
    }
}
