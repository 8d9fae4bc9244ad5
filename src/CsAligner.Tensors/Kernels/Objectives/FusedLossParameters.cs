namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>What <see cref="FusedLossKernel"/> computes: csWeight * D_CS over all rows + infoNceWeight * InfoNCE over the first
/// pairs.</summary>
internal readonly record struct FusedLossParameters(
    double CsWeight, double Sigma, bool OffDiagonal, double InfoNceWeight = 0, double Scale = 1, int Pairs = 0);
