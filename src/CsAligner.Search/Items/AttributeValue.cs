using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Search.Items;

/// <summary>What an attribute of an item holds: a text or a finite number. A number never equals a text.</summary>
public readonly record struct AttributeValue
{
    private AttributeValue(string? text, double number) => (Text, Number) = (text, number);

    /// <summary>The text; null if it is a number.</summary>
    public string? Text { get; }

    /// <summary>The number; 0 if it is a text.</summary>
    public double Number { get; }

    /// <summary>Whether it is a text.</summary>
    public bool IsText => Text is not null;

    /// <summary>A text.</summary>
    public static AttributeValue Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new AttributeValue(text, 0);
    }

    /// <summary>A number.</summary>
    /// <exception cref="InputException">It is NaN or infinite.</exception>
    public static AttributeValue Of(double number) => double.IsFinite(number)
        ? new AttributeValue(null, number == 0 ? 0 : number) // -0 is 0 for every store.
        : throw new InputException($"attribute: expected a text or a finite number, got {number.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>A text.</summary>
    public static implicit operator AttributeValue(string text) => Of(text);

    /// <summary>A number.</summary>
    public static implicit operator AttributeValue(double number) => Of(number);

    /// <summary>The text, or the number as it is read back.</summary>
    public override string ToString() => Text ?? Number.ToString("R", CultureInfo.InvariantCulture);
}
