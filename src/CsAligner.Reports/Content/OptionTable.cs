namespace CsAligner.Reports.Content;

/// <summary>What runs were asked for and what they took: the lines in which they differ, and in words what all have in common.</summary>
/// <param name="Runs">Names of the runs, one a column.</param>
/// <param name="Differing">An option and its value for each run, a dash where a run does not know it.</param>
/// <param name="Outcomes">What each run took and came to, likewise.</param>
/// <param name="Common">Options that agree, as <c>name value</c>.</param>
internal sealed record OptionTable(
    IReadOnlyList<string> Runs,
    IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Differing,
    IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Outcomes,
    IReadOnlyList<string> Common);
