using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>What is summed over the dimensions of two points.</summary>
internal interface IPairOperation
{
    static abstract Vector256<double> Add(Vector256<double> sum, Vector256<double> x, Vector256<double> y);

    static abstract double Add(double sum, double x, double y);
}
