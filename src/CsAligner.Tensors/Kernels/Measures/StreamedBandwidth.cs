using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Measures;

/// <summary>
/// A bandwidth, and how it is computed. Of a wide one the totals are sums of e^-u - 1 + u, as <see cref="WideBandwidthDivergence"/> has
/// them, in
/// <see cref="KernelTotal.MinusOne"/>.
/// </summary>
internal readonly record struct StreamedBandwidth(double Sigma, KernelPrecision Precision)
{
    public static StreamedBandwidth For(double sigma, double largestSquare, int fewest)
    {
        KernelRange.Check(Math.Sqrt(largestSquare), sigma);
        return new StreamedBandwidth(sigma, KernelRange.Of(largestSquare, sigma, KernelRange.MeasuringLimit, fewest));
    }
}
