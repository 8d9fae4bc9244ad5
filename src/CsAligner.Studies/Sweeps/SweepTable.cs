using System.Globalization;
using System.Text;
using CsAligner.Reports.Drawing;
using CsAligner.Studies.Baselines;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>The page of a sweep, Markdown: what was asked, a table for each test, what came out.</summary>
internal static class SweepTable
{
    // Two-sided 95% quantiles of Student's t with n - 1 degrees of freedom, n = 2 to 10.
    private static readonly double[] Quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    public static string Markdown(SweepRecipe recipe, IReadOnlyList<SweepResult> results, string command, IReadOnlyList<string> pictures)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {recipe.Title}\n\n");
        if (recipe.About.Length > 0) text.Append(recipe.About).Append("\n\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            Remade by `{command}`. {recipe.Seeds.Count} {(recipe.Seeds.Count == 1 ? "seed" : "seeds")}{(recipe.Seeds.Count > 1 ? ", mean ± half of the 95% interval (Student's t over seeds: the remaining chance in training, not in the choice of the test)" : "")}.
            D_CS is off-diagonal at σ = within*0.35 of the rows judged; R@1 is in per cent, i images, t texts; mixed R@10 is that of text and of image queries in one index of both; unif. is uniformity, the mean of both sides (lower is more spread out); s and MiB are the training's seconds and its peak of memory.


            """);
        if (Baselines(recipe) is { Length: > 0 } baselines) text.Append(baselines).Append('\n');
        foreach (string picture in pictures)
            text.Append(CultureInfo.InvariantCulture, $"![{Path.GetFileNameWithoutExtension(picture)}]({Path.GetFileName(picture)})\n\n");
        string[] axes = [.. recipe.Axes.Select(a => a.Key)];
        bool settings = recipe.Cells.Any(c => c.Baseline?.Settings.Count > 0), cases = recipe.Cells.Any(c => c.Case.Length > 0);
        string[] names = [.. cases ? ["case"] : Array.Empty<string>(), .. axes];
        foreach (string test in results.Select(r => r.Test).Distinct())
        {
            text.Append(CultureInfo.InvariantCulture,
                $"## {test}\n\n| {string.Join(" | ", names)} | D_CS | R@1 i→t | t→i | mean | R@10 t→i | mixed R@10 t "
                    + $"| mixed R@10 i | unif. | gap | trained |{(settings ? " setting |" : "")} s | MiB |\n");
            text.Append(CultureInfo.InvariantCulture,
                $"|{string.Concat(names.Select(_ => "---|"))}--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
                    + $"{(settings ? "--:|" : "")}\n");
            foreach (var cell in recipe.Cells)
            {
                SweepResult[] runs = [.. results.Where(r => r.Test == test && r.Cell == cell.Name)];
                if (runs.Length == 0) continue;
                string[] values =
                [
                    Interval(runs, r => r.Divergence, NumberText.Value), Interval(runs, r => 100 * r.ImageToText, Tenths),
                    Interval(runs, r => 100 * r.TextToImage, Tenths),
                    Interval(runs, r => 100 * r.MeanRecall, Tenths), Mean(runs, r => 100 * r.TextToImage10, Tenths),
                    Interval(runs, r => 100 * r.MixedText10, Tenths), Interval(runs, r => 100 * r.MixedImage10, Tenths),
                    Mean(runs, r => 0.5 * (r.UniformityX + r.UniformityY), v => NumberText.Fixed(v, 2)),
                    Mean(runs, r => r.CentroidGap, NumberText.Value),
                    Mean(runs, r => r.Parameters, v => v.ToString("N0", CultureInfo.InvariantCulture)),
                    .. settings ? [Mean(runs, r => r.Setting, NumberText.Value)] : Array.Empty<string>(),
                    Mean(runs, r => r.Seconds, Tenths),
                    Mean(runs, r => r.PeakMebibytes, v => v.ToString("F0", CultureInfo.InvariantCulture)),
                ];
                string[] row = [.. cases ? [cell.Case] : Array.Empty<string>(), .. cell.Point, .. values];
                text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |\n");
            }

            text.Append('\n');
            if (Pictures(recipe, results, test, names) is { Length: > 0 } drawn) text.Append(drawn).Append('\n');
            if (Labels(recipe, results, test, names) is { Length: > 0 } labels) text.Append(labels).Append('\n');
            if (AgainstBest(recipe, results, test) is { } comparison) text.Append(comparison).Append("\n\n");
        }

        if (recipe.Findings.Length > 0) text.Append(CultureInfo.InvariantCulture, $"## Findings\n\n{recipe.Findings}\n");
        return text.ToString();
    }

    // A table of its own for each test whose names were made pictures of.
    private static string Pictures(SweepRecipe recipe, IReadOnlyList<SweepResult> results, string test, string[] names)
    {
        var rows = new StringBuilder();
        bool judged = recipe.Data.Pictures?.Judge is not null;
        foreach (var cell in recipe.Cells)
        {
            SweepResult[] runs = [.. results.Where(r => r.Test == test && r.Cell == cell.Name)];
            if (runs.Length == 0 || runs.All(run => double.IsNaN(run.Drawn.Frechet))) continue;
            string[] values =
            [
                Of(m => m.Frechet, NumberText.Value), Of(m => 1e4 * m.Kernel, Tenths),
                Mean(runs, r => 1e4 * r.Drawn.KernelError, Tenths), Of(m => m.Cmmd, Tenths),
                Of(m => 100 * m.Precision, Tenths), Of(m => 100 * m.Recall, Tenths), Of(m => m.Density, v => NumberText.Fixed(v, 2)),
                Of(m => 100 * m.Coverage, Tenths),
                Of(m => 100 * m.ByName1, Tenths), Of(m => 100 * m.ByName10, Tenths), Of(m => 100 * m.ByPicture1, Tenths),
                Of(m => 100 * m.ByPicture10, Tenths),
                .. judged ? [Of(m => m.JudgeFrechet, NumberText.Value), Of(m => 1e4 * m.JudgeKernel, Tenths)] : Array.Empty<string>(),
            ];
            string[] row = [.. recipe.Cells.Any(c => c.Case.Length > 0) ? [cell.Case] : Array.Empty<string>(), .. cell.Point, .. values];
            rows.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |\n");

            string Of(Func<DrawnMeasures, double> value, Func<double, string> format) => Interval(runs, r => value(r.Drawn), format);
        }

        return rows.Length == 0 ? "" : $"""
            Pictures made of the names, one of each, against the true ones. FD: squared Fréchet distance. KD: kernel distance, times 10,000, and its standard error. Precision, recall and coverage in per cent. By name, by picture: how often a name, as the model embeds it, or the true picture finds the made one first, or among the first ten.{(judged ? $" The last two are by {recipe.Data.Pictures!.Judge}." : "")}

            | {string.Join(" | ", names)} | FD | KD | error | CMMD | precision | recall | density | coverage | by name R@1 | R@10 | by picture R@1 | R@10 |{(judged ? " FD | KD |" : "")}
            |{string.Concat(names.Select(_ => "---|"))}--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|{(judged ? "--:|--:|" : "")}
            {rows}
            """;
    }

    // A table of its own for each test that has labels.
    private static string Labels(SweepRecipe recipe, IReadOnlyList<SweepResult> results, string test, string[] names)
    {
        var rows = new StringBuilder();
        foreach (var cell in recipe.Cells)
        {
            SweepResult[] runs = [.. results.Where(r => r.Test == test && r.Cell == cell.Name)];
            if (runs.Length == 0 || runs.All(run => double.IsNaN(run.Labels.VMeasure))) continue;
            string[] values =
            [
                Of(l => 100 * l.VMeasure), Of(l => 100 * l.AdjustedRandIndex), Of(l => 100 * l.TextToImage), Of(l => 100 * l.Images),
                Of(l => 100 * l.ImageToText), Of(l => 100 * l.Texts), Of(l => 100 * l.OneThreshold), Of(l => 100 * l.ThresholdEach),
            ];
            string[] row = [.. recipe.Cells.Any(c => c.Case.Length > 0) ? [cell.Case] : Array.Empty<string>(), .. cell.Point, .. values];
            rows.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |\n");

            string Of(Func<SweepLabels, double> value) => Interval(runs, r => value(r.Labels), Tenths);
        }

        return rows.Length == 0 ? "" : $"""
            Labels, in per cent. V and ARI: V-measure and adjusted Rand index of as many clusters as labels over images and texts together, against the labels. Accuracies are of linear classifiers, cross-validated over pairs: trained on texts and used on images (t→i), beside trained and used on images (i→i), and the other way. AUROC: the cosine of any two rows as the score of the same label, with one threshold for all pairs, and the mean of a threshold for each kind of pair (two images, two texts, one of each).

            | {string.Join(" | ", names)} | V | ARI | t→i | i→i | i→t | t→t | AUROC, one threshold | one for each kind |
            |{string.Concat(names.Select(_ => "---|"))}--:|--:|--:|--:|--:|--:|--:|--:|
            {rows}
            """;
    }

    // The best cell is the one of least D_CS among those whose recall is within a point of the best one's: chosen on the test itself.
    private static string? AgainstBest(SweepRecipe recipe, IReadOnlyList<SweepResult> results, string test)
    {
        SweepCell? automatic = recipe.Cells.FirstOrDefault(c => c.AutomaticBandwidth || c.AutomaticLambda);
        (SweepCell Cell, double Divergence, double Recall)[] cells =
        [
            .. recipe.Cells.Select(c => (Cell: c, Runs: results.Where(r => r.Test == test && r.Cell == c.Name).ToArray()))
                .Where(c => c.Runs.Length > 0)
                .Select(c => (c.Cell, c.Runs.Average(r => r.Divergence), c.Runs.Average(r => r.MeanRecall))),
        ];
        if (automatic is null || cells.All(c => c.Cell == automatic) || cells.All(c => c.Cell != automatic)) return null;
        var chosen = cells.First(c => c.Cell == automatic);
        var grid = cells.Where(c => c.Cell != automatic).ToArray();
        var best = grid.Where(c => c.Recall >= grid.Max(g => g.Recall) - AutomaticChoice.RecallSlack).MinBy(c => c.Divergence);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The automatic choice: D_CS {NumberText.Value(chosen.Divergence)} at a mean R@1 of {Tenths(100 * chosen.Recall)}; the cell "
                + $"that the same rule takes on this test itself ({best.Cell.Name}): {NumberText.Value(best.Divergence)} at "
                + $"{Tenths(100 * best.Recall)}.");
    }

    // What the baselines do, and the settings that were tried.
    private static string Baselines(SweepRecipe recipe)
    {
        var text = new StringBuilder();
        foreach (var baseline in BaselineList.All.Where(baseline => recipe.Cells.Any(cell => cell.Baseline == baseline)))
        {
            text.Append(CultureInfo.InvariantCulture, $"- `{baseline.Name}`: {baseline.About}.");
            if (baseline.Settings.Count > 0)
                text.Append(CultureInfo.InvariantCulture,
                    $" Its {baseline.Setting}: one of {string.Join(", ", baseline.Settings)}, chosen by {BaselineChoice.Rule}.");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Tenths(double value) => NumberText.Fixed(value, 1);

    private static string Mean(SweepResult[] runs, Func<SweepResult, double> value, Func<double, string> format) =>
        runs.Average(value) is var mean && double.IsNaN(mean) ? "–" : format(mean);

    private static string Interval(SweepResult[] runs, Func<SweepResult, double> value, Func<double, string> format)
    {
        double[] values = [.. runs.Select(value)];
        double mean = values.Average();
        if (double.IsNaN(mean)) return "–";
        if (values.Length < 2 || values.Length - 2 >= Quantiles.Length) return format(mean);
        double deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        return $"{format(mean)} ± {format(Quantiles[values.Length - 2] * deviation / Math.Sqrt(values.Length))}";
    }
}
