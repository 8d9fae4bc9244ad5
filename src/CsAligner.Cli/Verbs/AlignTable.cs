using System.Globalization;
using CsAligner.Training;
using Spectre.Console;

namespace CsAligner.Cli.Verbs;

/// <summary>What a run of <c>align</c> came to, for people: the start beside the epoch that was kept.</summary>
internal static class AlignTable
{
    public static Table Create(AlignmentResult result)
    {
        (AlignmentEpoch start, AlignmentEpoch kept) = (result.Epochs[0], result.Epochs[result.BestEpoch]);
        Table table = MeasureTables.New("held out", "epoch 0 (start)", $"epoch {result.BestEpoch} (kept)", "");
        MeasureTables.Row(table, "D_CS, off-diagonal", Number(start.ValidationCsDivergence), Number(kept.ValidationCsDivergence), "sigma = within*0.35");
        MeasureTables.Row(table, "R@1 image to text", Number(start.ValidationImageToText), Number(kept.ValidationImageToText), "");
        MeasureTables.Row(table, "R@1 text to image", Number(start.ValidationTextToImage), Number(kept.ValidationTextToImage), "");
        table.Caption(Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{result.TrainingPairs} pairs trained on, {result.ValidationPairs} held out; {result.Seconds:0.0} s")));
        return table;
    }

    private static string Number(float value) => MeasureTables.Number(float.IsFinite(value) ? value : null);
}
