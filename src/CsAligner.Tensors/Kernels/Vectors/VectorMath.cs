using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels.Vectors;

/// <summary>Elementary functions on eight lanes, to about one unit in the last place,
/// where kernels need them inside a larger loop.</summary>
internal static class VectorMath
{
    /// <summary>e^x: 0 below -87.3, infinity above 88.72, NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts so that r keeps its last bits; e^r by a minimax polynomial.
        var clamped = Vector256.MinNative(Vector256.MaxNative(x, Vector256.Create(-87.33654f)), Vector256.Create(88.72283f));
        var n = Vector256.Round(clamped * 1.44269504f);
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693359375f), clamped);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(2.12194440e-4f), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.FusedMultiplyAdd(p, r * r, r) + Vector256<float>.One;

        // 2^n in two factors: n = 128 is a legal exponent of the result but not of one factor.
        var half = Vector256.ShiftRightArithmetic(Vector256.ConvertToInt32Native(n), 1);
        var rest = Vector256.ConvertToInt32Native(n) - half;
        var scaled = p * Power(half) * Power(rest);
        scaled = Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(88.72283f)),
            Vector256.Create(float.PositiveInfinity), scaled);
        scaled = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-87.33654f)), Vector256<float>.Zero, scaled);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), scaled, x);

        static Vector256<float> Power(Vector256<int> n) => Vector256.ShiftLeft(n + Vector256.Create(127), 23).AsSingle();
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>ln(1 + x) for x from 0 to 1, with its digits where x is small: 2 artanh(x / (2 + x)) as a series.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LogOnePlus(Vector256<float> x)
    {
        var w = x / (x + Vector256.Create(2f));
        var square = w * w;
        var p = Vector256.Create(1f / 15);
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(1f / 13));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(1f / 11));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(1f / 9));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(1f / 7));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(1f / 5));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(1f / 3));
        return Vector256.FusedMultiplyAdd(p * square, w, w) * 2f;
    }

    /// <summary>The error function, to 1.5e-7 absolute (Abramowitz and Stegun 7.1.26); also gives e^(-x^2),
    /// which callers need beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Erf(Vector256<float> x, out Vector256<float> expMinusSquare)
    {
        var magnitude = Vector256.Abs(x);
        expMinusSquare = Exp(-(x * x));
        var t = Vector256<float>.One / Vector256.FusedMultiplyAdd(Vector256.Create(0.3275911f), magnitude, Vector256<float>.One);
        var p = Vector256.Create(1.061405429f);
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-1.453152027f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.421413741f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-0.284496736f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(0.254829592f));
        return Vector256.CopySign(Vector256<float>.One - (p * t * expMinusSquare), x);
    }
}
