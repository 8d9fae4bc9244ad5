using System.Runtime.CompilerServices;

namespace CsAligner.Tensors.Kernels.Vectors;

/// <summary>Elementary functions on the lanes of any path, for kernels whose arguments are known to be in range.</summary>
internal static class LanesMath<TVector, TLanes>
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>
    /// e^x for x up to 80, to about one unit in the last place. Exactly 0 below -80: what is left out is below 2e-35, and
    /// products with numbers much smaller would be subnormal, which processors compute a hundred times slower.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        Split(x, out TVector power, out TVector rest);
        return TLanes.ZeroBelow(x, TLanes.Broadcast(-80), TLanes.MultiplyAdd(power, rest, power));
    }

    /// <summary>The same, and e^x - 1, which keeps its digits where x is near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x, out TVector minusOne)
    {
        Split(x, out TVector power, out TVector rest);
        minusOne = TLanes.MultiplyAdd(power, rest, TLanes.Subtract(power, TLanes.Broadcast(1)));
        return TLanes.ZeroBelow(x, TLanes.Broadcast(-80), TLanes.MultiplyAdd(power, rest, power));
    }

    // e^x = power * (1 + rest): x = n ln 2 + r with |r| <= ln 2 / 2, power = 2^n, rest = e^r - 1 by a minimax polynomial
    // (relative error of e^r: 4e-9). Adding 1.5 * 2^23 rounds to a whole number and leaves it in the lowest bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Split(TVector x, out TVector power, out TVector rest)
    {
        TVector magic = TLanes.Broadcast(12582912f);
        x = TLanes.Max(x, TLanes.Broadcast(-87));
        TVector shifted = TLanes.MultiplyAdd(x, TLanes.Broadcast(1.44269504f), magic);
        TVector r = TLanes.MultiplyAdd(TLanes.Subtract(shifted, magic), TLanes.Broadcast(-0.693147182f), x);
        TVector p = TLanes.Broadcast(0.00138145f);
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.00836875f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.04166839f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.16666521f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.49999994f));
        power = TLanes.PowerOfTwo(shifted);
        rest = TLanes.MultiplyAdd(p, TLanes.Multiply(r, r), r);
    }
}
