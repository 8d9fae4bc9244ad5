using System.CommandLine;
using System.CommandLine.Invocation;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Cli.Verbs;

namespace CsAligner.Cli;

/// <summary>The whole command line: all verbs, and the handling that they share.</summary>
internal static class CommandLine
{
    // User input is data: a word that begins with @ is not a response file, and -hot is not -h with a suffix.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped.</summary>
    public static async Task<int> RunAsync(
        string[] arguments, Terminal terminal, CancellationToken cancellation, RankProcess? ranks = null)
    {
        var runner = new CommandRunner(terminal, ranks);
        var groups = Groups(runner);
        RootCommand root = CreateRoot(groups);
        if (arguments.Length == 0)
        {
            foreach (string line in StartPage.Lines(root, groups, terminal.Words.Profile.Width)) await terminal.Error.WriteLineAsync(line);
            return ExitCode.WrongUsage;
        }

        // A completion request from a shell, for an unfinished line.
        if (arguments[0].StartsWith("[suggest", StringComparison.Ordinal))
            return await root.Parse(arguments, Parsing).InvokeAsync(ConfigurationFor(terminal), cancellation);

        ParseResult parsed;
        IReadOnlyList<string> mistakes;
        try
        {
            parsed = root.Parse(arguments, Parsing);
            mistakes = UsageCheck.Find(parsed, arguments);
        }
        catch (Exception failure)
        {
            return runner.Report(failure);
        }

        if (mistakes.Count > 0 && ranks is not null)
            return await ranks.FailAsync(string.Join("; ", mistakes.Select(CommandRunner.OneLine)), ExitCode.WrongUsage);
        if (mistakes.Count > 0)
        {
            foreach (string mistake in mistakes) await terminal.Error.WriteLineAsync($"csalign: {CommandRunner.OneLine(mistake)}");
            await terminal.Error.WriteLineAsync($"csalign: '{CommandPath(parsed)} --help' shows the usage");
            return ExitCode.WrongUsage;
        }

        return await parsed.InvokeAsync(ConfigurationFor(terminal), cancellation);
    }

    /// <summary>All commands, for code that enumerates them.</summary>
    internal static RootCommand CreateRoot(Terminal terminal) => CreateRoot(Groups(new CommandRunner(terminal)));

    private static RootCommand CreateRoot(IEnumerable<(string Title, IReadOnlyList<Command> Commands)> groups)
    {
        var root = new RootCommand("Align two frozen encoders, distribution to distribution");
        foreach (Command command in groups.SelectMany(group => group.Commands)) root.Add(command);
        Prepare(root);
        return root;
    }

    private static (string Title, IReadOnlyList<Command> Commands)[] Groups(CommandRunner runner) =>
    [
        ("See what it does", [DemoVerb.Create(runner), ToyVerb.Create(runner)]),
        ("Features", [FetchVerb.Create(runner), EmbedVerb.Create(runner)]),
        ("Align", [AlignVerb.Create(runner), ApplyVerb.Create(runner), SweepVerb.Create(runner)]),
        ("Measure", [MeasureVerb.Create(runner), EvaluateVerb.Create(runner), FidelityVerb.Create(runner), ReportVerb.Create(runner)]),
        ("Use", [SearchVerb.Create(runner), ServeVerb.Create(runner), IndexVerb.Create(runner), GenerateVerb.Create(runner)]),
        ("Train the shipped models", [PretrainVerb.Create(runner)]),
        ("Set up", [CompletionVerb.Create(runner)]),
    ];

    private static InvocationConfiguration ConfigurationFor(Terminal terminal) => new()
    {
        Output = terminal.Output,
        Error = terminal.Error,
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    };

    // A flag takes no value, so that the word after it stays a word; /h and /? are words.
    private static void Prepare(Command command)
    {
        foreach (Option option in command.Options)
        {
            if (option is Option<bool>) option.Arity = ArgumentArity.Zero;

            // A shell offers the words of a closed set.
            if (option.HelpName?.Contains('|') == true) option.CompletionSources.Add(option.HelpName.Split('|'));
            foreach (string alias in option.Aliases.Where(alias => alias.StartsWith('/')).ToArray()) option.Aliases.Remove(alias);
        }

        foreach (Command sub in command.Subcommands) Prepare(sub);
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? result =
            parsed.CommandResult; result is System.CommandLine.Parsing.CommandResult command; result = result.Parent)
            names.Insert(0, command.Command is RootCommand ? "csalign" : command.Command.Name);
        return string.Join(' ', names);
    }
}
