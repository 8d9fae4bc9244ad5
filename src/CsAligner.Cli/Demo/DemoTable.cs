using CsAligner.Cli.Reports;
using Spectre.Console;

namespace CsAligner.Cli.Demo;

/// <summary>The demo's results as a table of the terminal: means over the seeds.</summary>
internal static class DemoTable
{
    public static Table Create(IEnumerable<DemoOutcome> outcomes)
    {
        var results = new Results(DemoReport.Measurements(outcomes));
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in new[] { "test set", "method", "D_CS off-diagonal", "sigma", "centroid gap", "uniformity", "R@1 i→t / t→i", "R@10 i→t / t→i" })
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        foreach (string set in results.TestSets)
        {
            foreach (string method in results.Methods)
            {
                table.AddRow(
                    method == results.Methods[0] ? set : "",
                    method,
                    NumberText.Value(Of(m => m.Divergence)),
                    NumberText.Value(Of(m => m.Bandwidth)),
                    NumberText.Value(Of(m => m.CentroidGap)),
                    $"{NumberText.Fixed(Of(m => m.ImageUniformity), 2)} / {NumberText.Fixed(Of(m => m.TextUniformity), 2)}",
                    $"{NumberText.Percent(Of(m => m.ImageToTextRecall1))} / {NumberText.Percent(Of(m => m.TextToImageRecall1))}",
                    $"{NumberText.Percent(Of(m => m.ImageToTextRecall10))} / {NumberText.Percent(Of(m => m.TextToImageRecall10))}");

                double Of(Func<Measurement, double> quantity) => results.Of(method, set, quantity).Mean;
            }

            if (set != results.TestSets[^1]) table.AddEmptyRow();
        }

        return table;
    }
}
