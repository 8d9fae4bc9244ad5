using System.Text.Json;

namespace CsAligner.Evaluation;

/// <summary>Retrieval in one direction. Ranks start at 1; equal scores go to the lower row.</summary>
/// <param name="RecallAt1">R@1, the fraction of queries whose best right answer comes first.</param>
/// <param name="RecallAt5">R@5, among the first five.</param>
/// <param name="RecallAt10">R@10, among the first ten.</param>
/// <param name="MedianRank">Median rank of the best right answer.</param>
/// <param name="MeanRank">Mean rank of the best right answer.</param>
public sealed record RetrievalMeasures(double RecallAt1, double RecallAt5, double RecallAt10, double MedianRank, double MeanRank)
{
    /// <summary>Writes r1, r5, r10, median_rank and mean_rank as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("r1", RecallAt1);
        writer.WriteNumber("r5", RecallAt5);
        writer.WriteNumber("r10", RecallAt10);
        writer.WriteNumber("median_rank", MedianRank);
        writer.WriteNumber("mean_rank", MeanRank);
        writer.WriteEndObject();
    }

    /// <summary>The mean of each number over several measurements.</summary>
    /// <param name="all">At least one.</param>
    internal static RetrievalMeasures Mean(IReadOnlyList<RetrievalMeasures> all) => new(
        all.Average(m => m.RecallAt1), all.Average(m => m.RecallAt5), all.Average(m => m.RecallAt10), all.Average(m => m.MedianRank),
        all.Average(m => m.MeanRank));

    internal static RetrievalMeasures FromRanks(int[] ranks)
    {
        int[] sorted = [.. ranks.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
        double Recall(int k) => (double)ranks.Count(r => r <= k) / ranks.Length;
        return new RetrievalMeasures(Recall(1), Recall(5), Recall(10), median, ranks.Average());
    }
}
