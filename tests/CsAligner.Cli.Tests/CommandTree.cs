using System.CommandLine;
using CsAligner.Cli.Terminals;
using Spectre.Console;

namespace CsAligner.Cli.Tests;

/// <summary>All commands as they are: tests that walk over them know every new one.</summary>
internal static class CommandTree
{
    public static RootCommand Root { get; } =
        CommandLine.CreateRoot(
            new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, Tables = AnsiConsole.Console, Words = AnsiConsole.Console });

    /// <summary>The commands that do something, by the words that call them.</summary>
    public static IEnumerable<(string[] Path, Command Command)> Leaves => LeavesOf([], Root);

    /// <summary>A command line with a value for all that a command must be given, but with other values for one of them.</summary>
    /// <param name="path">The words that call the command.</param>
    /// <param name="command">The command.</param>
    /// <param name="symbol">The option or argument with other values.</param>
    /// <param name="values">Its values.</param>
    public static string[] With(string[] path, Command command, Symbol symbol, params string[] values)
    {
        var arguments = new List<string>(path);
        foreach (Argument argument in command.Arguments)
        {
            if (argument == symbol) arguments.AddRange(values);
            else if (argument.Arity.MinimumNumberOfValues > 0
                || command.Arguments.IndexOf(argument) < command.Arguments.IndexOf((symbol as Argument)!)) arguments.Add("no-such-thing");
        }

        foreach (Option option in command.Options)
        {
            if (option == symbol) arguments.AddRange(values.Prepend(option.Name));
            else if (option.Required) arguments.AddRange([option.Name, "no-such-thing"]);
        }

        return [.. arguments];
    }

    private static IEnumerable<(string[] Path, Command Command)> LeavesOf(string[] path, Command command) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.SelectMany(sub => LeavesOf([.. path, sub.Name], sub));
}
