using CsAligner.Search.Items;

namespace CsAligner.Search.Filters;

/// <summary>At least one of several conditions holds; of none, false.</summary>
public sealed class AnyFilter : ItemFilter
{
    /// <summary>Joins conditions.</summary>
    public AnyFilter(IEnumerable<ItemFilter> parts)
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
    public override bool Matches(IReadOnlyDictionary<string, AttributeValue> attributes) => Parts.Any(part => part.Matches(attributes));
}
