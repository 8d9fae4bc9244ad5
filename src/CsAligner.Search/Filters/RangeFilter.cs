using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Filters;

/// <summary>An attribute is a number in a range. Texts are in no range.</summary>
public sealed class RangeFilter : ItemFilter
{
    /// <summary>A condition on an attribute; without a bound, every number will do.</summary>
    /// <param name="attribute">Its name.</param>
    /// <exception cref="InputException">It cannot be an attribute's name.</exception>
    public RangeFilter(string attribute) => Attribute = CheckAttribute(attribute);

    /// <summary>The attribute's name.</summary>
    public string Attribute { get; }

    /// <summary>The lowest number; null for none.</summary>
    public double? AtLeast { get; init => field = Checked(value); }

    /// <summary>All numbers above this one; null for none.</summary>
    public double? Above { get; init => field = Checked(value); }

    /// <summary>The highest number; null for none.</summary>
    public double? AtMost { get; init => field = Checked(value); }

    /// <summary>All numbers below this one; null for none.</summary>
    public double? Below { get; init => field = Checked(value); }

    /// <summary>The bounds, each with the sign that every query language has for it.</summary>
    internal IEnumerable<(string Sign, double Bound)> Bounds
    {
        get
        {
            if (AtLeast is { } least) yield return (">=", least);
            if (Above is { } above) yield return (">", above);
            if (AtMost is { } most) yield return ("<=", most);
            if (Below is { } below) yield return ("<", below);
        }
    }

    /// <inheritdoc/>
    public override bool Matches(IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        return attributes.TryGetValue(Attribute, out AttributeValue value) && !value.IsText
            && !(value.Number < AtLeast) && !(value.Number <= Above) && !(value.Number > AtMost) && !(value.Number >= Below);
    }

    private static double? Checked(double? bound) => bound is null || double.IsFinite(bound.Value)
        ? bound
        : throw new InputException("filter: a bound is not a finite number");
}
