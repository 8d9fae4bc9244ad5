using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Filters;

/// <summary>
/// A condition on the attributes of an item. What asks for an attribute that an item does not have, or that is of the other type, is
/// false; <see cref="NotFilter"/> turns true and false around.
/// </summary>
/// <remarks>The classes in this folder are all there are: every store knows how to ask for each of them.</remarks>
public abstract class ItemFilter
{
    internal const int MostDepth = 32, MostParts = 1000;

    private protected ItemFilter()
    {
    }

    /// <summary>Whether an item with these attributes meets the condition.</summary>
    public abstract bool Matches(IReadOnlyDictionary<string, AttributeValue> attributes);

    /// <summary>The attribute has this value.</summary>
    public static ItemFilter EqualTo(string attribute, AttributeValue value) => new OneOfFilter(attribute, [value]);

    /// <summary>The attribute has one of these values.</summary>
    public static ItemFilter OneOf(string attribute, params IEnumerable<AttributeValue> values) => new OneOfFilter(attribute, values);

    /// <summary>The attribute is a number in a range.</summary>
    public static ItemFilter Between(string attribute, double? atLeast = null, double? atMost = null) =>
        new RangeFilter(attribute) { AtLeast = atLeast, AtMost = atMost };

    /// <summary>All of them hold.</summary>
    public static ItemFilter All(params IEnumerable<ItemFilter> parts) => new AllFilter(parts);

    /// <summary>At least one of them holds.</summary>
    public static ItemFilter Any(params IEnumerable<ItemFilter> parts) => new AnyFilter(parts);

    /// <summary>It does not hold.</summary>
    public static ItemFilter Not(ItemFilter part) => new NotFilter(part);

    /// <summary>How deep filters are nested in this one, itself included.</summary>
    internal virtual int Depth => 1;

    /// <summary>How many conditions and values it has.</summary>
    internal virtual int Size => 1;

    /// <summary>Checks that it is not larger than every store can ask for.</summary>
    /// <exception cref="InputException">It is.</exception>
    internal void RequireReasonable()
    {
        if (Depth > MostDepth) throw new InputException($"filter: nested {Depth} deep; expected at most {MostDepth}");
        if (Size > MostParts) throw new InputException($"filter: {Size} conditions and values; expected at most {MostParts}");
    }

    private protected static string CheckAttribute(string attribute)
    {
        int bytes = ItemRecord.Bytes(attribute ?? throw new ArgumentNullException(nameof(attribute)), "filter: an attribute's name");
        return bytes is > 0 and <= ItemRecord.MostNameBytes
            ? attribute
            : throw new InputException($"filter: an attribute's name has 1 to {ItemRecord.MostNameBytes} bytes, got {bytes}");
    }
}
