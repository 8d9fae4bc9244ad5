using CsAligner.Search.Items;
using CsAligner.Search.Queries;

namespace CsAligner.Search.Ranking;

/// <summary>Puts candidates of any store in the one order, by scores that are computed here.</summary>
internal static class BestItems
{
    /// <summary>How many candidates an approximate search brings: enough that rounding does not lose one of the best.</summary>
    public static int Candidates(int top) => (int)Math.Min(2L * top + 16, 2L * SearchQuery.MostHits);

    /// <summary>How far a product in float32, with a row whose length is 1 only up to rounding, may lie from our cosine.</summary>
    public static double ProductMargin(int width) => CosineMargin(width) + UnitVector.HalfRounding;

    /// <summary>How far a store's cosine, in float32, may lie from ours.</summary>
    public static double CosineMargin(int width) => Tensors.Kernels.Retrieval.HalfDots.Rounding(width) + 1e-6;

    /// <summary>The best of the candidates that the query wants.</summary>
    public static IReadOnlyList<SearchHit> Order(float[] unit, SearchQuery query, IEnumerable<ItemRecord> candidates)
    {
        var except = new HashSet<string>(query.Except, StringComparer.Ordinal);
        var scored = new List<(float Score, ItemRecord Item)>();
        foreach (ItemRecord item in candidates)
        {
            if (!IsWanted(item, query, except)) continue;
            float score = UnitVector.Cosine(unit, item.Vector);
            if (Passes(score, query)) scored.Add((score, item));
        }

        scored.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : IdOrder.Instance.Compare(a.Item.Id, b.Item.Id));
        return [.. scored.Take(query.Top).Select(each => new SearchHit(each.Item.ToItem(), each.Score))];
    }

    public static bool IsWanted(ItemRecord item, SearchQuery query, HashSet<string> except) =>
        (query.Find is null || query.Find == item.Kind) && !except.Contains(item.Id) && query.Filter?.Matches(item.Attributes) != false;

    // As everywhere in CsAligner: rows are rounded, so one passes a hair below.
    public static bool Passes(float score, SearchQuery query) => query.MinScore is not { } least || score >= least - 1e-6;
}
