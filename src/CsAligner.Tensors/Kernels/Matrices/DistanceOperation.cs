using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>The squared distance, from differences: exact where two points far from the origin lie close together.</summary>
internal readonly struct DistanceOperation : IPairOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Add(Vector256<double> sum, Vector256<double> x, Vector256<double> y) =>
        Vector256.FusedMultiplyAdd(x - y, x - y, sum);

    public static double Add(double sum, double x, double y) => sum + ((x - y) * (x - y));
}
