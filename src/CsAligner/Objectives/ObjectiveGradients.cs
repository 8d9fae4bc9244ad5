namespace CsAligner.Objectives;

/// <summary>Value and gradients of an objective in float64, as <see cref="NaiveObjective"/> gives them.</summary>
/// <param name="Value">The objective in nats.</param>
/// <param name="GradX">Gradient with respect to x, same shape as x.</param>
/// <param name="GradY">Gradient with respect to y, same shape as y.</param>
/// <param name="GradLogitScale">Gradient with respect to the logit scale 1/tau itself (not its logarithm);
/// 0 without an InfoNCE term.</param>
/// <param name="GradLogitBias">Gradient with respect to the logit bias; 0 if there is none.</param>
internal sealed record ObjectiveGradients(double Value, double[,] GradX, double[,] GradY, double GradLogitScale = 0,
    double GradLogitBias = 0);
