using System.CommandLine;
using System.CommandLine.Parsing;
using CsAligner.Tensors;

namespace CsAligner.Cli.Usage;

/// <summary>
/// What is wrong with a command line, in our words, before anything runs. Where a value is expected, any text is data: it may begin with a
/// dash or an @. What begins like an option, <c>--name</c>, is one: of none such name it is a mistake,
/// unless it comes after <c>--</c> or as
/// <c>--option=--value</c>.
/// </summary>
internal static class UsageCheck
{
    /// <summary>The mistakes of the first kind that occurs; empty if there are none.</summary>
    /// <param name="parsed">The command line as it was parsed.</param>
    /// <param name="arguments">As it was typed.</param>
    public static IReadOnlyList<string> Find(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        Command command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [string first, ..]) return [UnknownCommand(command, first)];
        if (parsed.Action is { ClearsParseErrors: true }) return [];
        if (command.Subcommands.Count > 0)
            return [$"{command.Name} needs a command: {string.Join(" or ", command.Subcommands.Select(sub => sub.Name))}"];
        IEnumerable<string>[] kinds =
        [
            UnknownOptions(parsed, command, arguments), Blank(parsed), WithoutValue(parsed), TooMany(parsed, command),
            Missing(parsed, command), Repeated(parsed),
            parsed.Errors.Select(error => error.Message),
        ];
        return [.. kinds.Select(kind => kind.Distinct(StringComparer.Ordinal).ToArray())
            .FirstOrDefault(messages => messages.Length > 0) ?? []];
    }

    private static string UnknownCommand(Command command, string word)
    {
        string[] names = [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name)];
        if (word.StartsWith('-')) return $"unknown option '{word}'{Suggestion.End(word, NamesOf(command))}";
        return string.IsNullOrWhiteSpace(word)
            ? $"the command is empty: expected one of {string.Join(", ", names)}"
            : $"unknown command '{word}'{Suggestion.End(word, names)}";
    }

    private static IEnumerable<string> UnknownOptions(ParseResult parsed, Command command, IReadOnlyList<string> arguments)
    {
        string[] names = [.. NamesOf(command)];
        string after = command.Arguments.Any(argument => argument.Arity.MaximumNumberOfValues > 1)
            ? ", and words that look like options go after --"
            : "";
        var given = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Where(token => token.Type == TokenType.Argument);
        foreach (string word in given.Select(token => token.Value))
        {
            // One dash instead of two; any other word with one dash is a word, such as -5.
            bool isShort = names.Contains("-" + word);
            if ((!isShort && !IsLikeOption(word)) || arguments.Any(argument => IsValueOf(argument, word, names))) continue;
            string name = NameIn(word);
            OptionResult? taker = parsed.CommandResult.Children.OfType<OptionResult>()
                .FirstOrDefault(option => option.Tokens.Any(token => token.Value == word));
            yield return names.Contains(name) && taker is not null
                ? $"{taker.Option.Name} needs a value: expected {ExpectedBy(taker.Option)}, got the option '{name}'"
                : names.Contains(name) ? $"the option '{name}' goes after the command"
                : $"unknown option '{name}'{after}{(isShort ? $"; did you mean '-{word}'?" : Suggestion.End(name, names))}";
        }
    }

    private static IEnumerable<string> Blank(ParseResult parsed)
    {
        foreach (SymbolResult result in parsed.CommandResult.Children)
        {
            Symbol? symbol = SymbolOf(result);
            for (int i = 0; symbol is not null && i < result.Tokens.Count; i++)
            {
                string value = result.Tokens[i].Value, which = result.Tokens.Count > 1
                    ? $"{symbol.Name}, value {i + 1} of {result.Tokens.Count},"
                    : symbol.Name;
                if (string.IsNullOrWhiteSpace(value)) yield return $"{which} is empty: expected {ExpectedBy(symbol)}";
                else if (value.Contains('\0')) yield return $"{which} holds a NUL character, got '{value}'; give it without";
                else if (symbol is IPathSymbol && value.AsSpan().IndexOfAny(Path.GetInvalidPathChars()) >= 0)
                    yield return $"{which} holds a character that no path can hold, got '{value}'; give it without";
            }
        }
    }

    private static IEnumerable<string> WithoutValue(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(result => !result.Implicit
                && result.Tokens.Count < Math.Max(result.Option.Arity.MinimumNumberOfValues, TakesOne(result.Option) ? 1 : 0))
            .Select(result => $"{result.Option.Name} needs a value: expected {ExpectedBy(result.Option)}");

    private static IEnumerable<string> TooMany(ParseResult parsed, Command command)
    {
        string takes = command.Arguments.Count == 0
            ? "no arguments"
            : string.Join(' ', command.Arguments.Select(argument => argument.Name));
        foreach (string word in parsed.UnmatchedTokens)
        {
            yield return word.Length > 1 && word[0] == '-'
                ? $"unknown option '{word}'{Suggestion.End(word, NamesOf(command))}"
                : $"one argument too many, '{word}': {command.Name} takes {takes}, and options";
        }
    }

    private static IEnumerable<string> Missing(ParseResult parsed, Command command)
    {
        foreach (Argument argument in command.Arguments)
        {
            if ((parsed.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MinimumNumberOfValues)
                yield return $"{argument.Name} is missing: {InSentence(argument.Description)}";
        }

        foreach (Option option in command.Options.Where(option => option.Required))
        {
            if (parsed.GetResult(option) is null or { Implicit: true })
                yield return $"{option.Name} is missing: {InSentence(option.Description)}";
        }
    }

    private static IEnumerable<string> Repeated(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(result => !result.Implicit && result.Option.Arity.MaximumNumberOfValues == 1 && result.Tokens.Count > 1)
            .Select(result => $"{result.Option.Name} is given {result.Tokens.Count} times: give it once");

    private static bool TakesOne(Option option) => option.Arity.MaximumNumberOfValues > 0;

    private static Symbol? SymbolOf(SymbolResult result) => result switch
    {
        OptionResult { Implicit: false } option => option.Option,
        ArgumentResult argument => argument.Argument,
        _ => null,
    };

    private static string ExpectedBy(Symbol symbol) => symbol switch
    {
        IPathSymbol path => path.Role.Expected,
        Option { HelpName: { Length: > 0 } help } => help,
        Argument argument when argument.ValueType == typeof(string[]) => "words",
        _ => "a value",
    };

    private static IEnumerable<string> NamesOf(Command command)
    {
        // --help is an option of all commands.
        var options =
            command.Options.Concat(command.Parents.OfType<Command>()
                .SelectMany(parent => parent.Options.Where(option => option.Recursive)));
        return options.Where(option => !option.Hidden).Select(option => option.Name);
    }

    private static bool IsLikeOption(string text) =>
        text.Length > 2 && text.StartsWith("--", StringComparison.Ordinal) && char.IsAsciiLetter(text[2]) && !text.Any(char.IsWhiteSpace);

    private static string NameIn(string text) => text.IndexOfAny(['=', ':']) is > 0 and var end ? text[..end] : text;

    private static bool IsValueOf(string argument, string value, string[] names) =>
        argument.Length > value.Length + 1
        && argument.EndsWith(value, StringComparison.Ordinal)
        && argument[^(value.Length + 1)] is '=' or ':'
        && names.Contains(argument[..^(value.Length + 1)]);

    private static string InSentence(string? description)
    {
        string text = description ?? "";
        bool isName = text.Length > 1 && char.IsUpper(text[1]);
        return text.Length == 0 || isName ? text : char.ToLowerInvariant(text[0]) + text[1..];
    }
}
