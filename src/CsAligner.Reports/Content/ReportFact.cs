namespace CsAligner.Reports.Content;

/// <summary>One line of the report's header.</summary>
internal sealed record ReportFact(string Label, string Value);
