namespace CsAligner.Search.Items;

/// <summary>How many items an index holds.</summary>
/// <param name="Images">Pictures.</param>
/// <param name="Texts">Texts.</param>
/// <param name="Partial">Whether a part of the index did not answer, so that there are more.</param>
public sealed record ItemCounts(long Images, long Texts, bool Partial = false)
{
    /// <summary>Both kinds.</summary>
    public long Total => Images + Texts;
}
