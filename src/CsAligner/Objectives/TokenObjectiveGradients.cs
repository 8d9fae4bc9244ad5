namespace CsAligner.Objectives;

/// <summary>Value and gradients of the token-level divergence in float64.</summary>
/// <param name="Value">Mean over the batch, in nats.</param>
/// <param name="GradX">[B, T, D], zero where x is masked out.</param>
/// <param name="GradY">[B, U, D], zero where y is masked out.</param>
internal sealed record TokenObjectiveGradients(double Value, double[,,] GradX, double[,,] GradY);
