using System.CommandLine;
using CsAligner.Cli.Usage;

namespace CsAligner.Cli.Tests.Usage;

/// <summary>What holds for every option and argument of every command, new ones too. No run gets as far as doing anything.</summary>
public class EveryCommandTests
{
    // What users are never shown: names of the program's types and parameters.
    private static readonly string[] Inside = ["System.", "parameter", "Parameter", "mistake in csalign", "   at ", "Nullable"];

    public static TheoryData<string> Commands => [.. CommandTree.Leaves.Select(leaf => string.Join(' ', leaf.Path))];

    [Theory]
    [MemberData(nameof(Commands))]
    public void An_empty_value_is_one_mistake_that_says_which_it_is(string name)
    {
        (string[] path, Command command) = Find(name);
        foreach (Symbol symbol in Valued(command))
        {
            foreach (string blank in (string[])["", " ", " \t ", "\u00A0", "\r\n"])
            {
                CommandLineRun run = CommandLineRun.Stopped(CommandTree.With(path, command, symbol, blank));
                Assert.Equal((2, ""), (run.ExitCode, run.Output));
                Assert.Contains($"csalign: {symbol.Name} is empty: ", run.Error);
                Assert.Single(run.Error.Split('\n'), line => line.Contains("is empty", StringComparison.Ordinal));
            }

            if (!TakesMany(symbol)) continue;
            CommandLineRun second =
                CommandLineRun.Stopped(CommandTree.With(path, command, symbol, symbol is Argument ? ["1", ""] : ["1", symbol.Name, ""]));
            Assert.Contains($"csalign: {symbol.Name}, value 2 of 2, is empty: ", second.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_character_that_nothing_can_hold_is_a_mistake(string name)
    {
        (string[] path, Command command) = Find(name);
        foreach (Symbol symbol in Valued(command))
        {
            CommandLineRun run = CommandLineRun.Stopped(CommandTree.With(path, command, symbol, "a\0b"));
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            Assert.Contains($"csalign: {symbol.Name} holds a NUL character, got 'a?b'", run.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Any_value_is_taken_or_refused_in_the_users_words(string name)
    {
        (string[] path, Command command) = Find(name);
        string[] values =
            ["0", "-1", "-0.5", "1e400", "1e308", "NaN", "Infinity", "-Infinity", "1,5", "0x10", "99999999999999999999999", "text", "@file",
                "-x", "1 2", "½"];
        foreach (Symbol symbol in Valued(command))
        {
            foreach (string value in values)
            {
                CommandLineRun run = CommandLineRun.Stopped(CommandTree.With(path, command, symbol, value));
                Assert.Equal("", run.Output);
                Assert.All(Inside, inside => Assert.DoesNotContain(inside, run.Error));
                if (run.ExitCode == 130) continue;
                Assert.True(run.ExitCode == 2, $"{symbol.Name} {value}: {run.ExitCode} {run.Error}");
                Assert.Contains($"csalign: {symbol.Name}: ", run.Error);
                Assert.Contains($"'{value}'", run.Error);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_number_that_is_none_is_refused(string name)
    {
        (string[] path, Command command) = Find(name);
        foreach (Option option in command.Options.Where(option => option.HelpName is "N" or "F"))
        {
            foreach (string value in (string[])["NaN", "Infinity", "-1", "1e400", "1,5", "text", "--5"])
            {
                CommandLineRun run = CommandLineRun.Stopped(CommandTree.With(path, command, option, value));
                Assert.True(run.ExitCode == 2, $"{option.Name} {value}: {run.ExitCode} {run.Error}");
                Assert.Contains($"csalign: {option.Name}: ", run.Error);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_mistyped_option_is_guessed(string name)
    {
        (string[] path, Command command) = Find(name);
        string[] names = [.. command.Options.Select(option => option.Name)];
        foreach (string option in names.Where(option => option.Length > 5))
        {
            foreach (string mistyped in (string[])[option[..^1], option.Remove(3, 1), option.Insert(4, "x"), option.ToUpperInvariant()])
            {
                if (names.Contains(mistyped)) continue;
                CommandLineRun run = CommandLineRun.Stopped([.. path, "a", mistyped, "1"]);
                Assert.Equal((2, ""), (run.ExitCode, run.Output));
                Assert.Matches($"unknown option '{mistyped}'[^;]*; did you mean '--", run.Error);
            }
        }
    }

    [Fact]
    public void Help_texts_are_short_and_have_no_full_stop()
    {
        foreach ((_, Command command) in CommandTree.Leaves)
        {
            foreach (Symbol symbol in command.Options.Concat<Symbol>(command.Arguments).Append(command))
            {
                string help = symbol.Description ?? "";

                // The values that an option takes come after its help, in brackets.
                string sentence = help.EndsWith(')') ? help[..help.LastIndexOf(" (", StringComparison.Ordinal)] : help;
                Assert.True(sentence.Length is > 0 and <= 100, $"{command.Name} {symbol.Name}: {help}");
                Assert.False(sentence.EndsWith('.') || sentence.Contains(". ", StringComparison.Ordinal), $"{symbol.Name}: {help}");
            }
        }
    }

    [Fact]
    public void A_mistyped_command_is_guessed()
    {
        foreach (string name in CommandTree.Root.Subcommands.Select(command => command.Name))
        {
            string mistyped = name.Remove(1, 1);
            CommandLineRun run = CommandLineRun.Of(mistyped, "--help");
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            Assert.Contains($"unknown command '{mistyped}'; did you mean '{name}'?", run.Error);
        }
    }

    [Fact]
    public void A_path_says_what_it_must_be()
    {
        // Words, and names within a graph.
        string[] texts =
            ["QUERY", "WORDS", "--objective", "--train", "--adapter", "--estimator", "--captions", "--dtype", "--transparency",
                "--sampler", "--sets", "--like", "--without", "--find", "NAME", "--language", "--exchange", "--store", "--listen",
                "--host-name"];
        foreach ((string[] path, Command command) in CommandTree.Leaves)
        {
            foreach (Symbol symbol in Valued(command)
                .Where(symbol => TypeOf(symbol) == typeof(string) || TypeOf(symbol) == typeof(string[])))
            {
                bool isText = texts.Contains(symbol.Name) || symbol.Name.StartsWith("--onnx-", StringComparison.Ordinal);
                Assert.True(symbol is IPathSymbol || isText,
                    $"{string.Join(' ', path)} {symbol.Name} is neither a path of a role nor known as a text");
            }
        }
    }

    private static (string[] Path, Command Command) Find(string name) =>
        CommandTree.Leaves.Single(leaf => string.Join(' ', leaf.Path) == name);

    private static IEnumerable<Symbol> Valued(Command command) =>
        command.Arguments.Concat<Symbol>(command.Options.Where(option => option.Arity.MaximumNumberOfValues > 0));

    private static bool TakesMany(Symbol symbol) =>
        (symbol as Option)?.Arity.MaximumNumberOfValues > 1 || (symbol as Argument)?.Arity.MaximumNumberOfValues > 1;

    private static Type TypeOf(Symbol symbol) => (symbol as Option)?.ValueType ?? ((Argument)symbol).ValueType;
}
