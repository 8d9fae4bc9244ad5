using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>The end of a linear layer on a tile of its product: bias, then nonlinearity or residual.</summary>
internal static unsafe class LinearEpilogue<TVector, TLanes>
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>y = finish(y + bias), for rows of y and of the residual <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(LinearEpilogueKind finish, float* y, nint stride, int rows, int width, float* bias, float* residual)
    {
        int whole = width / TLanes.Count * TLanes.Count;
        for (int i = 0; i < rows; i++, y += stride, residual += stride)
        {
            switch (finish)
            {
                case LinearEpilogueKind.QuickGelu:
                    for (int j = 0; j < whole; j += TLanes.Count)
                        TLanes.Store(QuickGelu(TLanes.Add(TLanes.Load(y + j), TLanes.Load(bias + j))), y + j);
                    break;
                case LinearEpilogueKind.Gelu:
                    for (int j = 0; j < whole; j += TLanes.Count)
                        TLanes.Store(Gelu(TLanes.Add(TLanes.Load(y + j), TLanes.Load(bias + j))), y + j);
                    break;
                case LinearEpilogueKind.Relu:
                    for (int j = 0; j < whole; j += TLanes.Count)
                        TLanes.Store(TLanes.Max(TLanes.Add(TLanes.Load(y + j), TLanes.Load(bias + j)), TLanes.Zero), y + j);
                    break;
                case LinearEpilogueKind.AddResidual:
                    for (int j = 0; j < whole; j += TLanes.Count)
                        TLanes.Store(TLanes.Add(TLanes.Add(TLanes.Load(y + j), TLanes.Load(bias + j)), TLanes.Load(residual + j)), y + j);
                    break;
                default:
                    for (int j = 0; j < whole; j += TLanes.Count)
                        TLanes.Store(TLanes.Add(TLanes.Load(y + j), TLanes.Load(bias + j)), y + j);
                    break;
            }

            if (whole < width) ApplyToRest(finish, y + whole, width - whole, bias + whole, residual + whole);
        }
    }

    // Fewer elements than a vector: on copies that are filled up, so that a value does not depend on its place.
    [SkipLocalsInit]
    private static void ApplyToRest(LinearEpilogueKind finish, float* y, int count, float* bias, float* residual)
    {
        float* copies = stackalloc float[3 * TLanes.Count];
        new Span<float>(copies, 3 * TLanes.Count).Clear();
        float* addends = copies + TLanes.Count, residuals = addends + TLanes.Count;
        new Span<float>(y, count).CopyTo(new Span<float>(copies, count));
        new Span<float>(bias, count).CopyTo(new Span<float>(addends, count));
        if (finish == LinearEpilogueKind.AddResidual) new Span<float>(residual, count).CopyTo(new Span<float>(residuals, count));
        Apply(finish, copies, 0, 1, TLanes.Count, addends, residuals);
        new Span<float>(copies, count).CopyTo(new Span<float>(y, count));
    }

    // x / (1 + e^-1.702x); the exponent is held where e^x is a number, far beyond where the value is 0 in float32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector QuickGelu(TVector x)
    {
        TVector exponent = TLanes.Min(TLanes.Multiply(x, TLanes.Broadcast(-1.702f)), TLanes.Broadcast(80));
        return TLanes.Divide(x, TLanes.Add(TLanes.Broadcast(1), LanesMath<TVector, TLanes>.Exp(exponent)));
    }

    // max(x, 0) - |x| (1 - erf(|x| / sqrt 2)) / 2, the error function to 1.5e-7 (Abramowitz and Stegun 7.1.26).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Gelu(TVector x)
    {
        TVector magnitude = TLanes.Max(x, TLanes.Subtract(TLanes.Zero, x));
        TVector scaled = TLanes.Multiply(magnitude, TLanes.Broadcast(0.70710678f));
        TVector t = TLanes.Divide(TLanes.Broadcast(1), TLanes.MultiplyAdd(scaled, TLanes.Broadcast(0.3275911f), TLanes.Broadcast(1)));
        TVector p = TLanes.Broadcast(1.061405429f);
        p = TLanes.MultiplyAdd(p, t, TLanes.Broadcast(-1.453152027f));
        p = TLanes.MultiplyAdd(p, t, TLanes.Broadcast(1.421413741f));
        p = TLanes.MultiplyAdd(p, t, TLanes.Broadcast(-0.284496736f));
        p = TLanes.MultiplyAdd(p, t, TLanes.Broadcast(0.254829592f));
        TVector square = TLanes.Multiply(scaled, scaled);
        TVector rest = TLanes.Multiply(TLanes.Multiply(p, t), LanesMath<TVector, TLanes>.Exp(TLanes.Subtract(TLanes.Zero, square)));
        TVector half = TLanes.Multiply(magnitude, TLanes.Broadcast(-0.5f));
        return TLanes.MultiplyAdd(half, rest, TLanes.Max(x, TLanes.Zero));
    }
}
