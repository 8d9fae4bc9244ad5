namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>ln of the mean kernel value within x, within y (with and without their diagonals) and between them.</summary>
internal readonly record struct KernelMeans(double SelfX, double SelfY, double SelfXOffDiagonal, double SelfYOffDiagonal, double Cross);
