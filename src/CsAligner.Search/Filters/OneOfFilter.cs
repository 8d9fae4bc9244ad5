using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Filters;

/// <summary>An attribute has one of several values.</summary>
public sealed class OneOfFilter : ItemFilter
{
    /// <summary>A condition on an attribute.</summary>
    /// <param name="attribute">Its name.</param>
    /// <param name="values">At least one.</param>
    /// <exception cref="InputException">The name or a value cannot be an attribute's, or there are no values.</exception>
    public OneOfFilter(string attribute, IEnumerable<AttributeValue> values)
    {
        Attribute = CheckAttribute(attribute);
        Values = [.. values.Distinct()];
        if (Values.Count == 0) throw new InputException($"filter: expected at least one value for '{attribute}'");
        foreach (AttributeValue value in Values) _ = ItemRecord.Bytes(value.Text, $"filter: a value of '{attribute}'");
    }

    /// <summary>The attribute's name.</summary>
    public string Attribute { get; }

    /// <summary>The values, each once.</summary>
    public IReadOnlyList<AttributeValue> Values { get; }

    internal override int Size => Values.Count;

    /// <inheritdoc/>
    public override bool Matches(IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        return attributes.TryGetValue(Attribute, out AttributeValue value) && Values.Contains(value);
    }
}
