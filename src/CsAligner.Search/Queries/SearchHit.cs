using CsAligner.Search.Items;

namespace CsAligner.Search.Queries;

/// <summary>An item that was found.</summary>
/// <param name="Item">The item, with the vector that is kept.</param>
/// <param name="Score">Its cosine with the query.</param>
public sealed record SearchHit(SearchItem Item, float Score);
