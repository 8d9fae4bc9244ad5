using System.Text.Json;

namespace CsAligner.Evaluation;

/// <summary>What the queries of one modality find in one index of both, <see cref="MixedMeasures"/>.</summary>
/// <param name="RecallAt1">R@1, the fraction of queries with a target in the first place.</param>
/// <param name="RecallAt5">R@5, in the first five.</param>
/// <param name="RecallAt10">R@10, in the first ten.</param>
/// <param name="Ndcg10">nDCG of the first ten places, 0 to 1: targets count 1 / log2(1 + place), over what all targets in front
/// would give.</param>
/// <param name="OthersInTop10">How many of the first ten are of the other modality, mean over queries, 0 to 10.</param>
public sealed record MixedQueryMeasures(double RecallAt1, double RecallAt5, double RecallAt10, double Ndcg10, double OthersInTop10)
{
    /// <summary>The mean of each number over several measurements.</summary>
    /// <param name="all">At least one.</param>
    internal static MixedQueryMeasures Mean(IReadOnlyList<MixedQueryMeasures> all) => new(
        all.Average(m => m.RecallAt1), all.Average(m => m.RecallAt5), all.Average(m => m.RecallAt10), all.Average(m => m.Ndcg10),
        all.Average(m => m.OthersInTop10));

    /// <summary>This sum and one more query.</summary>
    /// <param name="right">Whether each place holds a target.</param>
    /// <param name="targets">How many targets the query has.</param>
    /// <param name="others">Places of the other modality.</param>
    internal MixedQueryMeasures Plus(ReadOnlySpan<bool> right, int targets, int others)
    {
        double gain = 0, ideal = 0;
        for (int place = 0; place < right.Length; place++)
        {
            double discounted = 1 / Math.Log2(place + 2);
            if (right[place]) gain += discounted;
            if (place < targets) ideal += discounted;
        }

        int first = right.IndexOf(true);
        return new MixedQueryMeasures(
            RecallAt1 + (first is 0 ? 1 : 0), RecallAt5 + (first is >= 0 and < 5 ? 1 : 0), RecallAt10 + (first >= 0 ? 1 : 0),
            Ndcg10 + (gain / ideal), OthersInTop10 + others);
    }

    /// <summary>This sum as a mean.</summary>
    internal MixedQueryMeasures Over(int queries) =>
        new(RecallAt1 / queries, RecallAt5 / queries, RecallAt10 / queries, Ndcg10 / queries, OthersInTop10 / queries);

    internal void WriteJson(Utf8JsonWriter writer, string othersName)
    {
        writer.WriteStartObject();
        writer.WriteNumber("r1", RecallAt1);
        writer.WriteNumber("r5", RecallAt5);
        writer.WriteNumber("r10", RecallAt10);
        writer.WriteNumber("ndcg10", Ndcg10);
        writer.WriteNumber(othersName, OthersInTop10);
        writer.WriteEndObject();
    }
}
