using System.CommandLine;
using System.CommandLine.Parsing;

namespace CsAligner.Cli.Usage;

/// <summary>Checks before any work that the paths on the command line exist.</summary>
internal static class PathCheck
{
    /// <summary>Checks every path that was given.</summary>
    /// <param name="parsed">A command line that parsed.</param>
    /// <exception cref="Tensors.InputException">One is not what was expected.</exception>
    public static void Check(ParseResult parsed)
    {
        foreach (SymbolResult given in parsed.CommandResult.Children)
        {
            Symbol? symbol = given switch
            {
                OptionResult { Implicit: false } option => option.Option,
                ArgumentResult argument => argument.Argument,
                _ => null,
            };
            if (symbol is not IPathSymbol path) continue;
            foreach (Token token in given.Tokens) path.Role.Check(symbol.Name, token.Value);
        }
    }
}
