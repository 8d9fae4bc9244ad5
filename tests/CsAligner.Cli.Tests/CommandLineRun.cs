using System.Text.Json;
using CsAligner.Cli.Terminals;
using Spectre.Console;

namespace CsAligner.Cli.Tests;

/// <summary>One run of the command line in this process: its exit code and what it printed,
/// 100 columns wide if nothing else is said.</summary>
internal sealed record CommandLineRun(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement;

    /// <summary>The one line of a failure.</summary>
    public string ErrorLine
    {
        get
        {
            string[] lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return Assert.Single(lines);
        }
    }

    public static CommandLineRun Of(params string[] arguments) => OfAsync(arguments, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>A run on a terminal of other columns than 100.</summary>
    public static CommandLineRun At(int width, params string[] arguments) =>
        OfAsync(arguments, CancellationToken.None, width: width).GetAwaiter().GetResult();

    /// <summary>A run that was stopped before it began: whatever is no mistake ends with 130, and nothing is done.</summary>
    public static CommandLineRun Stopped(params string[] arguments) =>
        OfAsync(arguments, new CancellationToken(canceled: true)).GetAwaiter().GetResult();

    public static async Task<CommandLineRun> OfAsync(string[] arguments, CancellationToken cancellation, Action<string>? onErrorLine = null,
        int width = 100)
    {
        using var output = new StringWriter();
        using var errorText = new WatchedWriter(onErrorLine);
        using TextWriter error = TextWriter.Synchronized(errorText);
        var terminal = new Terminal
        {
            Output = output,
            Error = error,
            Tables = Plain(output, width),
            Words = Plain(error, width),
            Environment = _ => null,
        };
        int code = await CommandLine.RunAsync(arguments, terminal, cancellation);
        return new CommandLineRun(code, output.ToString(), errorText.ToString());
    }

    private static IAnsiConsole Plain(TextWriter writer, int width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = width;
        return console;
    }

    /// <summary>Tells of every line, so that a test can act in the middle of a run.</summary>
    private sealed class WatchedWriter(Action<string>? onLine) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            onLine?.Invoke(value ?? "");
        }
    }
}
