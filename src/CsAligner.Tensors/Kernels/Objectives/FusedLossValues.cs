namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>The two terms, each before its weight (0 where the weight is 0), and the weighted derivative by the logit scale.</summary>
internal readonly record struct FusedLossValues(double CauchySchwarz, double InfoNce, double GradScale);
