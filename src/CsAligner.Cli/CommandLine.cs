using System.CommandLine;
using System.CommandLine.Invocation;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Verbs;

namespace CsAligner.Cli;

/// <summary>The whole command line: all verbs, and what is the same for each of them.</summary>
internal static class CommandLine
{
    // What users type is data: a word that begins with @ names no file of options.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped.</summary>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation)
    {
        ParseResult parsed = CreateRoot(terminal).Parse(arguments, Parsing);
        if (parsed.Errors.Count > 0)
        {
            foreach (string message in parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
                await terminal.Error.WriteLineAsync($"csalign: {message.ReplaceLineEndings(" ")}");
            await terminal.Error.WriteLineAsync($"csalign: '{CommandPath(parsed)} --help' shows the usage");
            return ExitCode.WrongUsage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(configuration, cancellation);
    }

    internal static RootCommand CreateRoot(Terminal terminal)
    {
        var runner = new CommandRunner(terminal);
        return new RootCommand("Align two frozen encoders, distribution to distribution.")
        {
            AlignVerb.Create(runner),
            ApplyVerb.Create(runner),
            DemoVerb.Create(runner),
            EmbedVerb.Create(runner),
            MeasureVerb.Create(runner),
            EvaluateVerb.Create(runner),
            FetchVerb.Create(runner),
            FidelityVerb.Create(runner),
            GenerateVerb.Create(runner),
            PretrainVerb.Create(runner),
            ReportVerb.Create(runner),
            SearchVerb.Create(runner),
            ToyVerb.Create(runner),
            SweepVerb.Create(runner),
        };
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? result = parsed.CommandResult; result is System.CommandLine.Parsing.CommandResult command; result = result.Parent)
            names.Insert(0, command.Command is RootCommand ? "csalign" : command.Command.Name);
        return string.Join(' ', names);
    }
}
