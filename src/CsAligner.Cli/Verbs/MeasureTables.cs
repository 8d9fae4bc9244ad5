using System.Globalization;
using CsAligner.Cli.Terminals;
using CsAligner.Evaluation;
using CsAligner.Generation.Fidelity;

namespace CsAligner.Cli.Verbs;

/// <summary>The measures as tables for people. sigma is shown beside every D_CS, because the value means nothing without it.</summary>
internal static class MeasureTables
{
    public static TextTable Distributions(DistributionMeasures measures, string nameX, string nameY)
    {
        string sigma = $"sigma = {Number(measures.Bandwidth)}";
        var table = new TextTable(new TextColumn("measure"), "value", "");
        table.Row($"rows of {nameX}", $"{measures.RowsX} x {measures.Dim}", "");
        table.Row($"rows of {nameY}", $"{measures.RowsY} x {measures.Dim}", "");
        string error = measures.CsDivergenceStandardError is { } standardError ? $" ± {Number(standardError)}" : "";
        table.Row("D_CS, biased", Number(measures.CsDivergence) + error, sigma);
        table.Row("D_CS, off-diagonal", Number(measures.CsDivergenceOffDiagonal) + error, sigma);
        table.Row("MMD^2, biased", Number(measures.Mmd), sigma);
        table.Row("Frechet^2", Number(measures.Frechet), "");
        table.Row("centroid gap", Number(measures.CentroidGap), "");
        table.Row("alignment", Number(measures.Alignment), "mean squared distance of pairs");
        table.Row($"uniformity of {nameX}", Number(measures.UniformityX), "lower is more spread out");
        table.Row($"uniformity of {nameY}", Number(measures.UniformityY), "lower is more spread out");
        table.Row("mean cosine of pairs", Number(measures.MeanCosinePairs), "");
        table.Row("mean cosine of others", Number(measures.MeanCosineOthers), "");
        return table;
    }

    public static TextTable Retrieval(AlignmentMeasures measures)
    {
        string title = measures.Protocol is { } protocol
            ? $"{protocol.Name}{(protocol.Folds > 1 ? $", mean of {protocol.Folds} folds" : "")}"
            : "retrieval";
        var table = new TextTable(new TextColumn(title), "R@1", "R@5", "R@10", "median rank", "mean rank");
        foreach ((string name, RetrievalMeasures retrieval) in new[] { ("image to text", measures.ImageToText),
            ("text to image", measures.TextToImage) })
        {
            table.Row(
                name, Fraction(retrieval.RecallAt1), Fraction(retrieval.RecallAt5), Fraction(retrieval.RecallAt10),
                Number(retrieval.MedianRank), retrieval.MeanRank.ToString("0.0", CultureInfo.InvariantCulture));
        }

        table.Caption =
            $"mutual information at least {Number(measures.MutualInformationLowerBound)} nats (tau = {Number(measures.Temperature)})";
        return table;
    }

    public static TextTable Mixed(MixedMeasures measures)
    {
        var table = new TextTable(new TextColumn("one index of both"), "R@1", "R@5", "R@10", "nDCG@10", "of the other kind");
        foreach ((string name, MixedQueryMeasures found) in
            new[] { ("text asks", measures.TextQuery), ("image asks", measures.ImageQuery) })
        {
            table.Row(
                name, Fraction(found.RecallAt1), Fraction(found.RecallAt5), Fraction(found.RecallAt10), Fraction(found.Ndcg10),
                found.OthersInTop10.ToString("0.0", CultureInfo.InvariantCulture));
        }

        table.Caption = "Targets are the query's partners among all images and texts; the last column counts among the first ten.";
        return table;
    }

    /// <summary>What each fold of a protocol gave, image to text before text to image.</summary>
    public static TextTable Folds(IReadOnlyList<FoldMeasures> folds)
    {
        var table = new TextTable(
            new TextColumn("fold"), "to text R@1", In("R@5", "text"), In("R@10", "text"), "to image R@1", In("R@5", "image"),
            In("R@10", "image"));
        for (int i = 0; i < folds.Count; i++)
        {
            (RetrievalMeasures text, RetrievalMeasures image) = (folds[i].ImageToText, folds[i].TextToImage);
            table.Row(
                $"{i + 1}", Fraction(text.RecallAt1), Fraction(text.RecallAt5), Fraction(text.RecallAt10),
                Fraction(image.RecallAt1), Fraction(image.RecallAt5), Fraction(image.RecallAt10));
        }

        return table;
    }

    /// <summary>Fidelity; its caption says how pictures became features, and what few rows do to it.</summary>
    /// <param name="measures">The measures.</param>
    /// <param name="model">The encoder of the pictures; null if all inputs are features.</param>
    /// <param name="resize">How pictures were prepared.</param>
    public static TextTable Fidelity(FidelityMeasures measures, string? model, string? resize)
    {
        var table = new TextTable(new TextColumn("fidelity"), "value", "");
        string k = $"k = {measures.Neighbours}";
        string error = measures.KernelDistanceError is { } standardError ? $"± {Number(standardError)}, " : "";
        table.Row("generated rows", $"{measures.GeneratedRows} x {measures.Dim}", "");
        table.Row("reference rows", $"{measures.ReferenceRows} x {measures.Dim}", "");
        table.Row("Frechet^2", Number(measures.Frechet), "lower is nearer");
        table.Row("kernel distance", Number(measures.KernelDistance), $"{error}about 0 if alike");
        table.Row("CMMD", Number(measures.Cmmd), "lower is nearer");
        table.Row("precision", Number(measures.Precision), $"generated among real, {k}");
        table.Row("recall", Number(measures.Recall), $"real among generated, {k}");
        table.Row("density", Number(measures.Density), $"1 if alike, {k}");
        table.Row("coverage", Number(measures.Coverage), $"real with generated near, {k}");
        if (measures.Training is { } training)
        {
            table.Row("training rows", $"{training.Rows} x {measures.Dim}", "");
            table.Row("memorised", Number(training.Memorised), $"of the reference {Number(training.MemorisedReference)}");
            foreach ((string set, CosineSummary nearest) in new[] { ("generated", training.Generated), ("reference", training.Reference) })
                table.Row($"training, {set}", Number(nearest.Median), $"median cosine, largest {Number(nearest.Max)}");
        }

        string made = model is null ? "" : $"Pictures by {model}: {resize}.";
        string enough = FidelityEvaluator.FewRows.ToString("N0", CultureInfo.InvariantCulture);
        string few = Math.Min(measures.GeneratedRows, measures.ReferenceRows) < FidelityEvaluator.FewRows
            ? $"With fewer than {enough} rows on a side Frechet is biased upwards: prefer the kernel distances."
            : "";
        table.Caption = $"{made} {few}".Trim();
        return table;
    }

    /// <summary>Five significant digits; a dash for what has no meaning here.</summary>
    internal static string Number(double? value) => value is { } number ? number.ToString("G5", CultureInfo.InvariantCulture) : "-";

    // Two columns have this header: in a list each says whose it is.
    private static TextColumn In(string header, string side) => new(header) { Name = $"to {side} {header}", IsNumber = true };

    private static string Fraction(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
