namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>Divergences of two sets of rows by one Gaussian kernel.</summary>
/// <param name="CauchySchwarz">Biased, at least 0.</param>
/// <param name="OffDiagonal">The same without the diagonals of the self terms; NaN where a side has a single row.</param>
/// <param name="MaximumMeanDiscrepancy">Squared and biased, at least 0.</param>
internal readonly record struct KernelMeasures(double CauchySchwarz, double OffDiagonal, double MaximumMeanDiscrepancy);
