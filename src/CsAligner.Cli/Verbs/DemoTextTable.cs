using CsAligner.Cli.Terminals;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Studies.Demo;

namespace CsAligner.Cli.Verbs;

/// <summary>The demo's results on the terminal.</summary>
internal static class DemoTextTable
{
    /// <summary>A table that fits 80 columns, and so leaves some of them out.</summary>
    public static TextTable Of(IEnumerable<DemoOutcome> outcomes)
    {
        var results = new Results(DemoReport.Measurements(outcomes));
        DemoTable.Column[] columns = [.. DemoTable.Columns.Where(c => c.InTerminal)];
        var table = new TextTable([new TextColumn("method"), .. columns.Select((column, i) => new TextColumn(column.Header)
        {
            IsNumber = true,
            Name = column.Header == "t→i" ? $"{columns[i - 1].Header.Split(' ')[0]} t→i" : column.Header,
        })])
        {
            Caption = "D_CS off-diagonal at σ = within*0.35; recall in per cent, i images, t texts;\n"
                + "mixed: R@10 of texts, of images, in one index of both;\n"
                + "seen, unseen: R@10 t→i by names that the encoder was and was not trained on",
        };
        foreach (string set in results.TestSets)
        {
            table.Title($"{set}, {NumberText.Count(results.PairsOf(set))}");
            foreach (string method in results.Methods) table.Row([method, .. DemoTable.Cells(columns, results, method, set)]);
        }

        return table;
    }
}
