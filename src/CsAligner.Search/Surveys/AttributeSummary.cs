namespace CsAligner.Search.Surveys;

/// <summary>What the items of an index have as one attribute.</summary>
/// <param name="Name">The attribute.</param>
/// <param name="Items">How many items have it.</param>
/// <param name="Values">The most frequent texts, at most <see cref="IndexSurvey.MostValues"/>, and how many items have each; most frequent
/// first.</param>
/// <param name="Least">The lowest number; null if no item has a number.</param>
/// <param name="Most">The highest number; null if no item has a number.</param>
public sealed record AttributeSummary(string Name, long Items, IReadOnlyList<KeyValuePair<string, long>> Values, double? Least,
    double? Most);
