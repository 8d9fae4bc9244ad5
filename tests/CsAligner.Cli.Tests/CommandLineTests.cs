namespace CsAligner.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("", "Required command was not provided")]
    [InlineData("measur a b", "'measur'")]
    [InlineData("measure a", "Required argument 'Y' missing")]
    [InlineData("measure a b c", "'c'")]
    [InlineData("measure a b --unknown", "'--unknown'")]
    public void Wrong_usage_exits_2_and_points_to_the_help(string line, string expected)
    {
        CommandLineRun run = CommandLineRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains(expected, run.Error);
        Assert.Contains("--help' shows the usage", run.Error);
        Assert.All(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), text => Assert.StartsWith("csalign: ", text));
    }

    [Fact]
    public void Help_and_version_exit_0()
    {
        CommandLineRun help = CommandLineRun.Of("--help");
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Contains("measure", help.Output);
        CommandLineRun version = CommandLineRun.Of("--version");
        Assert.Equal(0, version.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Output);
    }
}
