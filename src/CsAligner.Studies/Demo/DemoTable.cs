using System.Globalization;
using System.Text;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Studies.Demo;

/// <summary>The demo's results as a table, means over the seeds.</summary>
internal static class DemoTable
{
    public static readonly IReadOnlyList<Column> Columns =
    [
        new("D_CS", m => m.Divergence, NumberText.Value),
        new("σ", m => m.Bandwidth, NumberText.Value, InTerminal: false),
        new("unif.", m => 0.5 * (m.ImageUniformity + m.TextUniformity), value => NumberText.Fixed(value, 2), InTerminal: false),
        new("R@1 i→t", m => m.ImageToTextRecall1, NumberText.Percent),
        new("t→i", m => m.TextToImageRecall1, NumberText.Percent),
        new("R@10 i→t", m => m.ImageToTextRecall10, NumberText.Percent, InTerminal: false),
        new("t→i", m => m.TextToImageRecall10, NumberText.Percent, InTerminal: false),
        new("mixed t", m => m.MixedTextQueryRecall10, NumberText.Percent),
        new("mixed i", m => m.MixedImageQueryRecall10, NumberText.Percent),
        new("seen", m => m.SeenNamesRecall10, NumberText.Percent),
        new("unseen", m => m.UnseenNamesRecall10, NumberText.Percent),
    ];

    /// <summary>The table as a Markdown page.</summary>
    public static string Markdown(IEnumerable<DemoOutcome> outcomes)
    {
        var results = new Results(DemoReport.Measurements(outcomes));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The demo's results

            Written by `csalign demo --seeds {results.Seeds}`: means over {results.Seeds} {(results.Seeds == 1 ? "seed" : "seeds")}. D_CS is off-diagonal at σ = within*0.35; uniformity (lower is more spread out) is the mean of images and texts; recall is in per cent, i images, t texts; "mixed" is R@10 of texts and of images that search both kinds in one index; "own rows" are the test set's own, shuffled (transductive), "no pairs" images of one half of the training data and texts of the other; "seen" and "unseen" are R@10 t→i by names that the encoder was and was not trained on.

            | test set | method | {string.Join(" | ", Columns.Select(c => c.Header))} |
            |---|---|{string.Concat(Columns.Select(_ => "--:|"))}

            """);
        foreach (string set in results.TestSets)
        {
            foreach (string method in results.Methods)
                text.Append(CultureInfo.InvariantCulture,
                    $"| {set} | {method} | {string.Join(" | ", Cells(Columns, results, method, set))} |\n");
        }

        return text.ToString();
    }

    /// <summary>What texts and images find in one index, under the methods that matter to a newcomer, as a Markdown table.</summary>
    public static string Summary(IEnumerable<DemoOutcome> outcomes)
    {
        var results = new Results(DemoReport.Measurements(outcomes));
        string[] methods = [DemoMethod.Raw, DemoMethod.MeanShift, DemoMethod.NoPairs, DemoMethod.OwnRows, DemoMethod.CsInfoNce];
        var text = new StringBuilder($"| test set | {string.Join(" | ", methods)} |\n|---|{string.Concat(methods.Select(_ => "--:|"))}\n");
        foreach (string set in results.TestSets)
            text.Append(CultureInfo.InvariantCulture, $"| {set} | {string.Join(" | ", methods.Select(method => Both(method, set)))} |\n");
        return text.ToString();

        string Both(string method, string set) =>
            $"{NumberText.Percent(results.Of(method, set, m => m.MixedTextQueryRecall10).Mean)}, "
                + NumberText.Percent(results.Of(method, set, m => m.MixedImageQueryRecall10).Mean);
    }

    /// <summary>The cells of one row.</summary>
    public static IEnumerable<string> Cells(IEnumerable<Column> columns, Results results, string method, string set)
        => columns.Select(column => column.Format(results.Of(method, set, column.Quantity).Mean));

    /// <summary>A column.</summary>
    /// <param name="Header">The header.</param>
    /// <param name="Quantity">The value of a measurement to average and show.</param>
    /// <param name="Format">How it is written.</param>
    /// <param name="InTerminal">Whether it is among those that fit 80 columns.</param>
    public sealed record Column(string Header, Func<Measurement, double> Quantity, Func<double, string> Format, bool InTerminal = true);
}
