namespace CsAligner.Training;

/// <summary>The rows of an alignment's data that a rank holds: see <see cref="HeldRows.NumbersOf"/>.</summary>
/// <param name="Images">Of the images with texts.</param>
/// <param name="Texts">Of their texts.</param>
public sealed record AlignmentShare(HeldRows Images, HeldRows Texts)
{
    /// <summary>Of the images without texts; null if there are none.</summary>
    public HeldRows? UnpairedImages { get; init; }

    /// <summary>Of the texts without images; null if there are none.</summary>
    public HeldRows? UnpairedTexts { get; init; }
}
