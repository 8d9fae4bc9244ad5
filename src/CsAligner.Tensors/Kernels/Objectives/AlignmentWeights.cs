namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>What <see cref="AlignmentTerms"/> computes: csWeight * D_CS over all rows + infoNceWeight * InfoNCE over the first
/// pairs.</summary>
internal readonly record struct AlignmentWeights(
    double CsWeight, double Sigma, bool OffDiagonal, double InfoNceWeight = 0, double Scale = 1, int Pairs = 0);
