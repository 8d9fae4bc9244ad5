using System.Globalization;
using CsAligner.Evaluation;
using Spectre.Console;

namespace CsAligner.Cli.Verbs;

/// <summary>The measures as tables for people. sigma stands beside every D_CS, for without it the value means nothing.</summary>
internal static class MeasureTables
{
    public static Table Distributions(DistributionMeasures measures, string nameX, string nameY)
    {
        string sigma = $"sigma = {Number(measures.Bandwidth)}";
        Table table = New("measure", "value", "");
        Row(table, $"rows of {nameX}", $"{measures.RowsX} x {measures.Dim}", "");
        Row(table, $"rows of {nameY}", $"{measures.RowsY} x {measures.Dim}", "");
        string error = measures.CsDivergenceStandardError is { } standardError ? $" ± {Number(standardError)}" : "";
        Row(table, "D_CS, biased", Number(measures.CsDivergence) + error, sigma);
        Row(table, "D_CS, off-diagonal", Number(measures.CsDivergenceOffDiagonal) + error, sigma);
        Row(table, "MMD^2, biased", Number(measures.Mmd), sigma);
        Row(table, "Frechet^2", Number(measures.Frechet), "");
        Row(table, "centroid gap", Number(measures.CentroidGap), "");
        Row(table, "alignment", Number(measures.Alignment), "mean squared distance of pairs");
        Row(table, $"uniformity of {nameX}", Number(measures.UniformityX), "lower is more spread out");
        Row(table, $"uniformity of {nameY}", Number(measures.UniformityY), "lower is more spread out");
        Row(table, "mean cosine of pairs", Number(measures.MeanCosinePairs), "");
        Row(table, "mean cosine of others", Number(measures.MeanCosineOthers), "");
        return table;
    }

    public static Table Retrieval(AlignmentMeasures measures)
    {
        string title = measures.Protocol is { } protocol ? $"{protocol.Name}{(protocol.Folds > 1 ? $", mean of {protocol.Folds} folds" : "")}" : "retrieval";
        Table table = New(title, "R@1", "R@5", "R@10", "median rank", "mean rank");
        foreach ((string name, RetrievalMeasures retrieval) in new[] { ("image to text", measures.ImageToText), ("text to image", measures.TextToImage) })
        {
            Row(
                table, name, Fraction(retrieval.RecallAt1), Fraction(retrieval.RecallAt5), Fraction(retrieval.RecallAt10),
                Number(retrieval.MedianRank), retrieval.MeanRank.ToString("0.0", CultureInfo.InvariantCulture));
        }

        table.Caption($"mutual information at least {Number(measures.MutualInformationLowerBound)} nats (tau = {Number(measures.Temperature)})");
        return table;
    }

    /// <summary>What each fold of a protocol gave, image to text before text to image.</summary>
    public static Table Folds(IReadOnlyList<FoldMeasures> folds)
    {
        Table table = New("fold", "to text R@1", "R@5", "R@10", "to image R@1", "R@5", "R@10");
        for (int i = 0; i < folds.Count; i++)
        {
            (RetrievalMeasures text, RetrievalMeasures image) = (folds[i].ImageToText, folds[i].TextToImage);
            Row(
                table, $"{i + 1}", Fraction(text.RecallAt1), Fraction(text.RecallAt5), Fraction(text.RecallAt10),
                Fraction(image.RecallAt1), Fraction(image.RecallAt5), Fraction(image.RecallAt10));
        }

        return table;
    }

    /// <summary>Five significant digits; a dash for what has no meaning here.</summary>
    internal static string Number(double? value) => value is { } number ? number.ToString("G5", CultureInfo.InvariantCulture) : "-";

    private static string Fraction(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    public static Table New(params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        for (int i = 0; i < columns.Length; i++)
        {
            var column = new TableColumn(Markup.Escape(columns[i])) { NoWrap = true };
            bool isNumber = i > 0 && columns[i].Length > 0;
            table.AddColumn(isNumber ? column.RightAligned() : column);
        }

        return table;
    }

    public static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(Markup.Escape)]);
}
