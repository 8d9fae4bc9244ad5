namespace CsAligner.Reports.Content;

/// <summary>Options and outcomes of runs: the rows in which they differ, and the options that all share.</summary>
/// <param name="Runs">Names of the runs, one a column.</param>
/// <param name="Differing">An option and its value for each run, a dash where a run does not know it.</param>
/// <param name="Outcomes">The outcome of each run, in the same form.</param>
/// <param name="Common">Options that agree, as <c>name value</c>.</param>
internal sealed record OptionTable(
    IReadOnlyList<string> Runs,
    IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Differing,
    IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Outcomes,
    IReadOnlyList<string> Common);
