using CsAligner.Retrieval;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Queries;

/// <summary>What to find in an index. <see cref="MixedQuery"/> makes one vector of several rows.</summary>
public sealed record SearchQuery
{
    /// <summary>The most hits a query may ask for.</summary>
    public const int MostHits = 10_000;

    /// <summary>A vector of the index's width, of any length but 0.</summary>
    public required ReadOnlyMemory<float> Vector { get; init; }

    /// <summary>Find this kind; null finds both in one list.</summary>
    public RowKind? Find { get; init; }

    /// <summary>Give at most this many hits.</summary>
    public int Top { get; init; } = 10;

    /// <summary>Give only items whose attributes meet this; null gives all.</summary>
    public ItemFilter? Filter { get; init; }

    /// <summary>Give only items with at least this cosine; null gives all.</summary>
    public double? MinScore { get; init; }

    /// <summary>Leave out the items with these ids: "more like this" without itself.</summary>
    public IReadOnlyCollection<string> Except
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = [];

    /// <summary>Compare with every item, however long it takes. Otherwise a large index may miss some of the best.</summary>
    public bool Exact { get; init; }

    /// <summary>Checks the query for an index of a width.</summary>
    /// <returns>The vector, scaled to length 1.</returns>
    internal float[] Check(int width)
    {
        if (Vector.Length != width)
            throw new InputException($"the query has {Vector.Length} values, the index has {width}; encode it with the index's model");
        if (Top is < 1 or > MostHits) throw new InputException($"Top: expected 1 to {MostHits}, got {Top}");
        if (MinScore is not (null or (>= -1 and <= 1))) throw new InputException(
            $"MinScore: expected a cosine from -1 up to 1, got {MinScore}");
        if (Except.Count > MostHits) throw new InputException($"Except: expected at most {MostHits} ids, got {Except.Count}");
        foreach (string id in Except) ItemRecord.CheckId(id, "an id of Except");
        Filter?.RequireReasonable();
        return UnitVector.OfQuery(Vector.Span);
    }
}
