namespace CsAligner.Cli.Tests.Verbs;

public class FetchVerbTests
{
    [Theory]
    [InlineData("nonsense", "there is no icon set 'nonsense'")]
    [InlineData("lucide,openmoji", "'openmoji' (CC-BY-SA-4.0) is not used")]
    public void A_set_that_cannot_be_had_is_named_before_anything_is_fetched(string sets, string expected)
    {
        CommandLineRun run = CommandLineRun.Of("fetch", "icons", "--sets", sets);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("4")]
    [InlineData("513")]
    [InlineData("big")]
    public void A_size_out_of_range_is_wrong_usage(string size) =>
        Assert.Equal(2, CommandLineRun.Of("fetch", "icons", "--size", size).ExitCode);
}
