namespace CsAligner.Objectives;

/// <summary>An estimate of D_CS from a part of the work.</summary>
/// <param name="Value">The biased form, diagonals included.</param>
/// <param name="OffDiagonal">The form without diagonals; null if a side has a single row.</param>
/// <param name="StandardError">Of both: how far they lie, as a standard deviation, from what all pairs of rows would give.</param>
public sealed record DivergenceEstimate(double Value, double? OffDiagonal, double StandardError);
