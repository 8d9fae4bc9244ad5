using CsAligner.Search.Items;

namespace CsAligner.Search.Filters;

/// <summary>A condition does not hold: also where an item does not have the attribute.</summary>
public sealed class NotFilter : ItemFilter
{
    /// <summary>Turns a condition around.</summary>
    public NotFilter(ItemFilter part)
    {
        ArgumentNullException.ThrowIfNull(part);
        Part = part;
    }

    /// <summary>The condition.</summary>
    public ItemFilter Part { get; }

    internal override int Depth => 1 + Part.Depth;

    internal override int Size => 1 + Part.Size;

    /// <inheritdoc/>
    public override bool Matches(IReadOnlyDictionary<string, AttributeValue> attributes) => !Part.Matches(attributes);
}
