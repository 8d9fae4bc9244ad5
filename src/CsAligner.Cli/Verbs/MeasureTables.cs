using System.Globalization;
using CsAligner.Evaluation;
using CsAligner.Generation.Fidelity;
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

    /// <summary>Fidelity; its caption says how pictures became features, and what few rows do to it.</summary>
    /// <param name="measures">The measures.</param>
    /// <param name="model">What embedded the pictures; null where all came as features.</param>
    /// <param name="resize">How pictures were prepared.</param>
    public static Table Fidelity(FidelityMeasures measures, string? model, string? resize)
    {
        Table table = New("fidelity", "value", "");
        string k = $"k = {measures.Neighbours}";
        string error = measures.KernelDistanceError is { } standardError ? $"± {Number(standardError)}, " : "";
        Row(table, "generated rows", $"{measures.GeneratedRows} x {measures.Dim}", "");
        Row(table, "reference rows", $"{measures.ReferenceRows} x {measures.Dim}", "");
        Row(table, "Frechet^2", Number(measures.Frechet), "lower is nearer");
        Row(table, "kernel distance", Number(measures.KernelDistance), $"{error}about 0 if alike");
        Row(table, "CMMD", Number(measures.Cmmd), "lower is nearer");
        Row(table, "precision", Number(measures.Precision), $"generated among real, {k}");
        Row(table, "recall", Number(measures.Recall), $"real among generated, {k}");
        Row(table, "density", Number(measures.Density), $"1 if alike, {k}");
        Row(table, "coverage", Number(measures.Coverage), $"real with generated near, {k}");
        if (measures.Training is { } training)
        {
            Row(table, "training rows", $"{training.Rows} x {measures.Dim}", "");
            Row(table, "memorised", Number(training.Memorised), $"of the reference {Number(training.MemorisedReference)}");
            foreach ((string set, CosineSummary nearest) in new[] { ("generated", training.Generated), ("reference", training.Reference) })
                Row(table, $"training, {set}", Number(nearest.Median), $"median cosine, largest {Number(nearest.Max)}");
        }

        string made = model is null ? "" : $"Pictures by {model}: {resize}.";
        string enough = FidelityEvaluator.FewRows.ToString("N0", CultureInfo.InvariantCulture);
        string few = Math.Min(measures.GeneratedRows, measures.ReferenceRows) < FidelityEvaluator.FewRows
            ? $"With fewer than {enough} rows on a side Frechet is biased upwards: prefer the kernel distances."
            : "";
        return table.Caption(Markup.Escape($"{made} {few}".Trim()));
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
