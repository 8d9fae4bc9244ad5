using CsAligner.Reports.Content;
using CsAligner.Reports.Pages;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Sweeps;

/// <summary>The heat map of a grid of two options: D_CS and recall, means over tests and seeds.</summary>
internal static class SweepPictures
{
    private const string HeatMapFile = "heat-map.svg";

    /// <summary>Writes what the recipe asks for; gives the files.</summary>
    public static IReadOnlyList<string> Write(SweepRecipe recipe, IReadOnlyList<SweepResult> results, string folder)
    {
        if (!recipe.HeatMap) return [];
        string path = Path.Combine(folder, HeatMapFile);
        AtomicFile.WriteAllText(path, HeatMapPicture.Write(
        [
            Map(recipe, results, "D_CS, off-diagonal, mean over tests", r => r.Divergence, lowerIsBetter: true, decimals: 3),
            Map(recipe, results, "mean R@1 in per cent, mean over tests", r => 100 * r.MeanRecall, lowerIsBetter: false, decimals: 1),
        ]));
        return [path];
    }

    private static HeatMap Map(SweepRecipe recipe, IReadOnlyList<SweepResult> results, string quantity, Func<SweepResult, double> value,
        bool lowerIsBetter, int decimals)
    {
        string[] rows = [.. recipe.Axes[0].Values.Select(SweepAxis.Text)], columns = [.. recipe.Axes[1].Values.Select(SweepAxis.Text)];
        double At(string row, string column)
        {
            string? cell = recipe.Cells.FirstOrDefault(c => c.Point[0] == row && c.Point[1] == column)?.Name;
            return results.Where(r => r.Cell == cell).Select(value).DefaultIfEmpty(double.NaN).Average();
        }

        return new HeatMap(quantity, recipe.Axes[0].Key, recipe.Axes[1].Key, rows, columns,
            [.. rows.Select(row => columns.Select(column => At(row, column)).ToArray())], lowerIsBetter, decimals);
    }
}
