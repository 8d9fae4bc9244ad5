using CsAligner.Tensors.Kernels.Objectives;

namespace CsAligner.Tensors.Kernels.Measures;

/// <summary>A bandwidth, and whether float32 would lose distances at it.</summary>
internal readonly record struct StreamedBandwidth(double Sigma, bool Precise)
{
    public static StreamedBandwidth For(double sigma, double largestSquare) => new(sigma, AlignmentTerms.NeedsPrecision(largestSquare, sigma));
}
