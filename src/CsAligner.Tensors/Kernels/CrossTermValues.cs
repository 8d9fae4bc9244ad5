namespace CsAligner.Tensors.Kernels;

/// <summary>What a pass over the scores between two sets yields besides gradients: ln mean kernel, InfoNCE, and the latter's weighted derivative by the logit scale.</summary>
internal readonly record struct CrossTermValues(double LogMeanKernel, double InfoNce, double GradScale);
