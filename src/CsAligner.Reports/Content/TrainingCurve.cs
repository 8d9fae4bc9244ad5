namespace CsAligner.Reports.Content;

/// <summary>One quantity of one method's training, such as the validation score by step.</summary>
internal sealed record TrainingCurve(string Method, string Quantity, IReadOnlyList<double> Steps, IReadOnlyList<double> Values);
