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
            Caption = string.Create(CultureInfo.InvariantCulture,
                $"{result.TrainingPairs} pairs trained on, {result.ValidationPairs} held out; {result.Seconds:0.0} s"),
        };
        table.Row("D_CS, off-diagonal", Number(start.ValidationCsDivergence), Number(kept.ValidationCsDivergence), "sigma = within*0.35");
        table.Row("R@1 image to text", Number(start.ValidationImageToText), Number(kept.ValidationImageToText), "");
        table.Row("R@1 text to image", Number(start.ValidationTextToImage), Number(kept.ValidationTextToImage), "");
        return table;
    }

    private static string Number(float value) => MeasureTables.Number(float.IsFinite(value) ? value : null);
}
