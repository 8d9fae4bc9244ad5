using CsAligner.Search.Items;

namespace CsAligner.Search.Filters;

/// <summary>All of several conditions hold; of none, true.</summary>
public sealed class AllFilter : ItemFilter
{
    /// <summary>Joins conditions.</summary>
    public AllFilter(IEnumerable<ItemFilter> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Parts = [.. parts];
        if (Parts.Contains(null!)) throw new ArgumentException("Filter: a part is null.", nameof(parts));
        Depth = 1 + Parts.Select(part => part.Depth).DefaultIfEmpty(0).Max();
        Size = 1 + Parts.Sum(part => part.Size);
    }

    /// <summary>The conditions.</summary>
    public IReadOnlyList<ItemFilter> Parts { get; }

    internal override int Depth { get; }

    internal override int Size { get; }

    /// <inheritdoc/>
    public override bool Matches(IReadOnlyDictionary<string, AttributeValue> attributes) => Parts.All(part => part.Matches(attributes));
}
