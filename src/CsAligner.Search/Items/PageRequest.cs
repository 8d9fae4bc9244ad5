using CsAligner.Tensors;

namespace CsAligner.Search.Items;

/// <summary>Checks what a page is asked for.</summary>
internal static class PageRequest
{
    public const int MostItems = 10_000;

    public static void Check(string? after, int limit)
    {
        if (after is not null) ItemRecord.CheckId(after, "the id to go on behind");
        if (limit is < 1 or > MostItems)
            throw new InputException($"a page has 1 to {MostItems} items, got {limit}; ask for less at a time");
    }
}
