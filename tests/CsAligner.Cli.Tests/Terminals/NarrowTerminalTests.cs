using System.Text.RegularExpressions;
using CsAligner.Cli.Terminals;
using CsAligner.Testing;
using Spectre.Console;

namespace CsAligner.Cli.Tests.Terminals;

/// <summary>However narrow the terminal: every number of a table is there, whole.</summary>
public sealed partial class NarrowTerminalTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    public void Measures_are_readable(int width)
    {
        using var folder = new TemporaryFolder();
        double[][] rows = Verbs.FeatureFiles.Cloud(1, 60, 4, 0.5);
        string x = Verbs.FeatureFiles.Save(folder, "x.npy", rows),
            y = Verbs.FeatureFiles.Save(folder, "y.npy", Verbs.FeatureFiles.Partner(2, rows, 0.3, 0.4));
        foreach (string[] line in (string[][])[["measure", x, y], ["evaluate", "--images", x, "--texts", y],
            ["measure", x, y, "--estimator", "nystrom", "--features", "16"], ["fidelity", x, y]])
        {
            CommandLineRun wide = CommandLineRun.At(300, line), narrow = CommandLineRun.At(width, line);
            Assert.Equal((0, 0), (wide.ExitCode, narrow.ExitCode));
            string[] expected = Numbers(wide.Output);
            Assert.True(expected.Length >= 6);
            Assert.Empty(expected.Except(Numbers(narrow.Output)));
            if (width >= 20) Assert.All(narrow.Output.Split('\n'), shown => Assert.True(shown.GetCellWidth() <= width, shown));
        }
    }

    [Fact]
    public void A_table_too_wide_becomes_a_list()
    {
        var table = new TextTable(new TextColumn("method"), "D_CS", new TextColumn("R@1") { Name = "to text R@1", IsNumber = true },
            "")
        { Caption = "over three seeds" };
        table.Title("lucide, 1,000");
        table.Row("CS + InfoNCE", "0.0123456", "12.5", "best of all that were tried");
        Assert.Equal(
            """
            method
            lucide, 1,000
            CS + InfoNCE
              D_CS 0.0123456
              to text R@1
              12.5
              best of all
              that were
              tried
            over three seeds
            """,
            Shown(table, 16));
        Assert.Contains("│ CS + InfoNCE  │ 0.0123456 │ 12.5 │ best of all", Shown(table, 60));
    }

    [Fact]
    public void Progress_gives_up_its_bar_before_its_numbers()
    {
        var progress = new Cli.Terminals.Progress("training", 1000, TimeProvider.System);
        progress.Report(500, "loss 1.2345  held out: D_CS 0.012345  R@1 0.54321");
        foreach (int width in (int[])[20, 40, 80, 200])
        {
            string text = Shown(console => console.Write(progress.Bar(width)), width);
            Assert.All((string[])["500/1000", "1.2345", "0.012345", "0.54321"], number => Assert.Contains(number, text));
        }
    }

    private static string[] Numbers(string text) =>
        [.. Number().Matches(text).Select(match => match.Value).Where(number => number.Length > 1).Distinct()];

    private static string Shown(TextTable table, int width) => Shown(table.Write, width);

    private static string Shown(Action<IAnsiConsole> write, int width)
    {
        using var writer = new StringWriter();
        IAnsiConsole console =
            AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Out = new AnsiConsoleOutput(writer),
                    Ansi = AnsiSupport.No,
                    Interactive = InteractionSupport.No
                });
        console.Profile.Width = width;
        write(console);
        return writer.ToString().TrimEnd();
    }

    [GeneratedRegex(@"-?[0-9][0-9.]*(E[-+][0-9]+)?")]
    private static partial Regex Number();
}
