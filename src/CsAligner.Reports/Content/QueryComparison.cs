namespace CsAligner.Reports.Content;

/// <summary>A text, and the icons found for it before and after.</summary>
internal sealed record QueryComparison(string Text, string TestSet, FoundIcons Before, FoundIcons After);
