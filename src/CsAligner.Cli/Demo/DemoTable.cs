using System.Globalization;
using System.Text;
using CsAligner.Cli.Reports;
using CsAligner.Cli.Terminals;

namespace CsAligner.Cli.Demo;

/// <summary>The demo's results as a table, means over the seeds: for the terminal, and as Markdown.</summary>
internal static class DemoTable
{
    private static readonly Column[] Columns =
    [
        new("D_CS", m => m.Divergence, NumberText.Value),
        new("σ", m => m.Bandwidth, NumberText.Value, InTerminal: false),
        new("unif.", m => 0.5 * (m.ImageUniformity + m.TextUniformity), value => NumberText.Fixed(value, 2), InTerminal: false),
        new("R@1 i→t", m => m.ImageToTextRecall1, NumberText.Percent),
        new("t→i", m => m.TextToImageRecall1, NumberText.Percent),
        new("R@10 i→t", m => m.ImageToTextRecall10, NumberText.Percent),
        new("t→i", m => m.TextToImageRecall10, NumberText.Percent),
        new("seen", m => m.SeenNamesRecall10, NumberText.Percent),
        new("unseen", m => m.UnseenNamesRecall10, NumberText.Percent),
    ];

    /// <summary>A table that fits 80 columns, and so leaves some of them out.</summary>
    public static TextTable ForTerminal(IEnumerable<DemoOutcome> outcomes)
    {
        var results = new Results(DemoReport.Measurements(outcomes));
        Column[] columns = [.. Columns.Where(c => c.InTerminal)];
        var table = new TextTable([new TextColumn("method"), .. columns.Select((column, i) => new TextColumn(column.Header)
        {
            IsNumber = true,
            Name = column.Header == "t→i" ? $"{columns[i - 1].Header.Split(' ')[0]} t→i" : column.Header,
        })])
        {
            Caption = "D_CS off-diagonal at σ = within*0.35; recall in per cent, i images, t texts;\nseen, unseen: R@10 t→i by names that the encoder was and was not trained on",
        };
        foreach (string set in results.TestSets)
        {
            table.Title($"{set}, {NumberText.Count(results.PairsOf(set))}");
            foreach (string method in results.Methods) table.Row([method, .. Cells(columns, results, method, set)]);
        }

        return table;
    }

    /// <summary>The same as a Markdown page.</summary>
    public static string Markdown(IEnumerable<DemoOutcome> outcomes)
    {
        var results = new Results(DemoReport.Measurements(outcomes));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The demo's results

            Written by `csalign demo --seeds {results.Seeds}`: means over {results.Seeds} {(results.Seeds == 1 ? "seed" : "seeds")}. D_CS is off-diagonal at σ = within*0.35; uniformity (lower is more spread out) is the mean of images and texts; recall is in per cent, i images, t texts; "seen" and "unseen" are R@10 t→i by names that the encoder was and was not trained on.

            | test set | method | {string.Join(" | ", Columns.Select(c => c.Header))} |
            |---|---|{string.Concat(Columns.Select(_ => "--:|"))}

            """);
        foreach (string set in results.TestSets)
        {
            foreach (string method in results.Methods)
                text.Append(CultureInfo.InvariantCulture, $"| {set} | {method} | {string.Join(" | ", Cells(Columns, results, method, set))} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<string> Cells(IEnumerable<Column> columns, Results results, string method, string set)
        => columns.Select(column => column.Format(results.Of(method, set, column.Quantity).Mean));

    private sealed record Column(string Header, Func<Measurement, double> Quantity, Func<double, string> Format, bool InTerminal = true);
}
