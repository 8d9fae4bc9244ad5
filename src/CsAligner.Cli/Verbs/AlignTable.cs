using System.Globalization;
using CsAligner.Cli.Terminals;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>The result of an <c>align</c> run as a table: the start beside the epoch that was kept.</summary>
internal static class AlignTable
{
    public static TextTable Create(AlignmentResult result)
    {
        (AlignmentEpoch start, AlignmentEpoch kept) = (result.Epochs[0], result.Epochs[result.BestEpoch]);
        var table = new TextTable(new TextColumn("held out"), "epoch 0 (start)", $"epoch {result.BestEpoch} (kept)", "")
        {
            Caption = Rows(result) + string.Create(CultureInfo.InvariantCulture, $"; {result.Seconds:0.0} s"),
        };
        table.Row("D_CS, off-diagonal", Number(start.ValidationCsDivergence), Number(kept.ValidationCsDivergence), "sigma = within*0.35");
        if (result.ValidationPairs == 0) return table;
        table.Row("R@1 image to text", Number(start.ValidationImageToText), Number(kept.ValidationImageToText), "");
        table.Row("R@1 text to image", Number(start.ValidationTextToImage), Number(kept.ValidationTextToImage), "");
        return table;
    }

    private static string Rows(AlignmentResult result)
    {
        string unpaired = $"{result.UnpairedImages} images and {result.UnpairedTexts} texts without partners";
        if (result.TrainingPairs == 0) return $"{unpaired} trained on, {result.HeldOutImages} and {result.HeldOutTexts} held out";
        string beside = result.UnpairedImages + result.UnpairedTexts > 0 ? $" and {unpaired}" : "";
        string heldOut = result.ValidationPairs > 0
            ? $"{result.ValidationPairs}"
            : $"{result.HeldOutImages} images and {result.HeldOutTexts} texts";
        return $"{result.TrainingPairs} pairs{beside} trained on, {heldOut} held out";
    }

    private static string Number(float value) => MeasureTables.Number(float.IsFinite(value) ? value : null);
}
