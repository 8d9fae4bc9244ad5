namespace CsAligner.Retrieval;

/// <summary>A row of a <see cref="MixedIndex"/>.</summary>
/// <param name="Kind">Image or text.</param>
/// <param name="Row">Its number within its kind, from 0.</param>
public readonly record struct MixedRow(RowKind Kind, int Row)
{
    /// <summary><c>image:3</c> or <c>text:3</c>.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(Kind == RowKind.Image ? "image" : "text")}:{Row}");
}
