namespace CsAligner.Data.Icons;

/// <summary>How far the making of a data set is.</summary>
/// <param name="Stage">The current stage, such as "drawing icons".</param>
/// <param name="Done">Steps done of this stage.</param>
/// <param name="Total">Steps of this stage, 0 when not known.</param>
public readonly record struct IconProgress(string Stage, long Done, long Total);
