using System.CommandLine;
using CsAligner.Cli.Terminals;

namespace CsAligner.Cli.Usage;

/// <summary>The page that <c>csalign</c> without a command shows: purpose, commands, and where to find more.</summary>
internal static class StartPage
{
    /// <summary>The page.</summary>
    /// <param name="root">All commands.</param>
    /// <param name="groups">The names of the commands in groups, each with its title; a command in none of them is in a last one.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static IEnumerable<string> Lines(RootCommand root,
        IReadOnlyList<(string Title, IReadOnlyList<Command> Commands)> groups, int width)
    {
        foreach (string line in TextTable.Wrap("", $"csalign: {root.Description}", width)) yield return line;
        int longest = root.Subcommands.Max(command => command.Name.Length);
        foreach ((string title, IReadOnlyList<Command> commands) in groups)
        {
            yield return "";
            yield return title;
            foreach (Command command in commands)
            {
                foreach (string line in TextTable.Wrap($"  {command.Name.PadRight(longest)}  ", command.Description ?? "", width))
                    yield return line;
            }
        }

        yield return "";
        foreach (string line in TextTable.Wrap("",
            "'csalign COMMAND --help' shows the options of a command, 'csalign --help' all commands.", width)) yield return line;
    }
}
