namespace CsAligner.Search.Items;

/// <summary>Items in the order of their ids.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="Next">The id to go on behind; null if there are no more.</param>
/// <param name="Partial">Whether a part of the index did not answer, so that items are missing.</param>
public sealed record ItemPage(IReadOnlyList<SearchItem> Items, string? Next, bool Partial = false);
