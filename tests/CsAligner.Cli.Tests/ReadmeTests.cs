using CsAligner.Cli.Terminals;
using CsAligner.Cli.Tests.Guides;
using CsAligner.Testing;
using Spectre.Console;

namespace CsAligner.Cli.Tests;

/// <summary>The commands of the README and of the guides are commands of this program.</summary>
public sealed class ReadmeTests
{
    private const string Development = "dotnet run -c Release --project src/CsAligner.Cli --";

    public static TheoryData<string> Commands()
    {
        var lines = GuideTests.Files().SelectMany(File.ReadLines).Select(l => l.Replace(Development, "csalign", StringComparison.Ordinal));
        return [.. lines.Where(l => l.StartsWith("csalign ", StringComparison.Ordinal))];
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_of_the_readme_is_understood(string line)
    {
        var terminal =
            new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, Tables = AnsiConsole.Console, Words = AnsiConsole.Console };
        var parsed = CommandLine.CreateRoot(terminal).Parse(line["csalign ".Length..]);
        Assert.Empty(parsed.Errors);
        Assert.NotNull(parsed.CommandResult.Command.Action);
    }

    [Fact]
    public void The_readme_has_commands() => Assert.True(Commands().Count >= 6);
}
