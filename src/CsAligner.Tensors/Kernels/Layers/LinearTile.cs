using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// The innermost loops of a linear layer with packed weights: a tile of y = x Wᵀ, or y += x Wᵀ with accumulate, is held in
/// registers. Element (i, p) of x lies at x[i * xRow + p], the weights of depth p for two vectors of outputs at
/// weights + p * 2 * lanes. At each depth one line at ahead, which moves on by a number of bytes, is asked
/// for: the weights of the next tiles arrive while these are multiplied.
/// </summary>
/// <remarks>
/// Written out by hand because the JIT keeps locals in registers, not arrays: 10 x 2 of the 32 that AVX-512 has, 6 x 2 of 16.
/// Ten rows, because the tokens of CLIP's ViT-B/32 are a multiple of ten; with 8 x 3 as in <see cref="GemmTile{TVector, TLanes}"/>
/// an eighth of the work on one image would be on rows of zeros.
/// </remarks>
internal static unsafe class LinearTile<TVector, TLanes>
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>10 rows by 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows10(int k, float* x, nint xRow, float* weights, float* y, nint yRow, bool accumulate, byte* ahead, nint aheadStep)
    {
        TVector y00 = TLanes.Zero, y01 = TLanes.Zero;
        TVector y10 = TLanes.Zero, y11 = TLanes.Zero;
        TVector y20 = TLanes.Zero, y21 = TLanes.Zero;
        TVector y30 = TLanes.Zero, y31 = TLanes.Zero;
        TVector y40 = TLanes.Zero, y41 = TLanes.Zero;
        TVector y50 = TLanes.Zero, y51 = TLanes.Zero;
        TVector y60 = TLanes.Zero, y61 = TLanes.Zero;
        TVector y70 = TLanes.Zero, y71 = TLanes.Zero;
        TVector y80 = TLanes.Zero, y81 = TLanes.Zero;
        TVector y90 = TLanes.Zero, y91 = TLanes.Zero;
        // Two pointers into x and strides in bytes: few enough for the registers that addresses have.
        xRow *= sizeof(float);
        nint xRow2 = 2 * xRow, xRow3 = 3 * xRow, xRow4 = 4 * xRow;
        float* lower = (float*)((byte*)x + (5 * xRow));
        for (float* end = weights + ((nint)k * 2 * TLanes.Count); weights != end; x++, lower++, weights += 2 * TLanes.Count)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            ahead += aheadStep;
            TVector w0 = TLanes.Load(weights), w1 = TLanes.Load(weights + TLanes.Count);
            TVector x0 = TLanes.Broadcast(*x);
            y00 = TLanes.MultiplyAdd(x0, w0, y00);
            y01 = TLanes.MultiplyAdd(x0, w1, y01);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)x + xRow));
            y10 = TLanes.MultiplyAdd(x1, w0, y10);
            y11 = TLanes.MultiplyAdd(x1, w1, y11);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)x + xRow2));
            y20 = TLanes.MultiplyAdd(x2, w0, y20);
            y21 = TLanes.MultiplyAdd(x2, w1, y21);
            TVector x3 = TLanes.Broadcast(*(float*)((byte*)x + xRow3));
            y30 = TLanes.MultiplyAdd(x3, w0, y30);
            y31 = TLanes.MultiplyAdd(x3, w1, y31);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)x + xRow4));
            y40 = TLanes.MultiplyAdd(x4, w0, y40);
            y41 = TLanes.MultiplyAdd(x4, w1, y41);
            TVector x5 = TLanes.Broadcast(*lower);
            y50 = TLanes.MultiplyAdd(x5, w0, y50);
            y51 = TLanes.MultiplyAdd(x5, w1, y51);
            TVector x6 = TLanes.Broadcast(*(float*)((byte*)lower + xRow));
            y60 = TLanes.MultiplyAdd(x6, w0, y60);
            y61 = TLanes.MultiplyAdd(x6, w1, y61);
            TVector x7 = TLanes.Broadcast(*(float*)((byte*)lower + xRow2));
            y70 = TLanes.MultiplyAdd(x7, w0, y70);
            y71 = TLanes.MultiplyAdd(x7, w1, y71);
            TVector x8 = TLanes.Broadcast(*(float*)((byte*)lower + xRow3));
            y80 = TLanes.MultiplyAdd(x8, w0, y80);
            y81 = TLanes.MultiplyAdd(x8, w1, y81);
            TVector x9 = TLanes.Broadcast(*(float*)((byte*)lower + xRow4));
            y90 = TLanes.MultiplyAdd(x9, w0, y90);
            y91 = TLanes.MultiplyAdd(x9, w1, y91);
        }

        Put(y, y00, y01, accumulate);
        Put(y + yRow, y10, y11, accumulate);
        Put(y + (2 * yRow), y20, y21, accumulate);
        Put(y + (3 * yRow), y30, y31, accumulate);
        Put(y + (4 * yRow), y40, y41, accumulate);
        Put(y + (5 * yRow), y50, y51, accumulate);
        Put(y + (6 * yRow), y60, y61, accumulate);
        Put(y + (7 * yRow), y70, y71, accumulate);
        Put(y + (8 * yRow), y80, y81, accumulate);
        Put(y + (9 * yRow), y90, y91, accumulate);
    }

    /// <summary>6 rows by 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(int k, float* x, nint xRow, float* weights, float* y, nint yRow, bool accumulate, byte* ahead, nint aheadStep)
    {
        TVector y00 = TLanes.Zero, y01 = TLanes.Zero;
        TVector y10 = TLanes.Zero, y11 = TLanes.Zero;
        TVector y20 = TLanes.Zero, y21 = TLanes.Zero;
        TVector y30 = TLanes.Zero, y31 = TLanes.Zero;
        TVector y40 = TLanes.Zero, y41 = TLanes.Zero;
        TVector y50 = TLanes.Zero, y51 = TLanes.Zero;
        // Two pointers into x and strides in bytes: few enough for the registers that addresses have.
        xRow *= sizeof(float);
        nint xRow2 = 2 * xRow;
        float* lower = (float*)((byte*)x + (3 * xRow));
        for (float* end = weights + ((nint)k * 2 * TLanes.Count); weights != end; x++, lower++, weights += 2 * TLanes.Count)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            ahead += aheadStep;
            TVector w0 = TLanes.Load(weights), w1 = TLanes.Load(weights + TLanes.Count);
            TVector x0 = TLanes.Broadcast(*x);
            y00 = TLanes.MultiplyAdd(x0, w0, y00);
            y01 = TLanes.MultiplyAdd(x0, w1, y01);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)x + xRow));
            y10 = TLanes.MultiplyAdd(x1, w0, y10);
            y11 = TLanes.MultiplyAdd(x1, w1, y11);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)x + xRow2));
            y20 = TLanes.MultiplyAdd(x2, w0, y20);
            y21 = TLanes.MultiplyAdd(x2, w1, y21);
            TVector x3 = TLanes.Broadcast(*lower);
            y30 = TLanes.MultiplyAdd(x3, w0, y30);
            y31 = TLanes.MultiplyAdd(x3, w1, y31);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)lower + xRow));
            y40 = TLanes.MultiplyAdd(x4, w0, y40);
            y41 = TLanes.MultiplyAdd(x4, w1, y41);
            TVector x5 = TLanes.Broadcast(*(float*)((byte*)lower + xRow2));
            y50 = TLanes.MultiplyAdd(x5, w0, y50);
            y51 = TLanes.MultiplyAdd(x5, w1, y51);
        }

        Put(y, y00, y01, accumulate);
        Put(y + yRow, y10, y11, accumulate);
        Put(y + (2 * yRow), y20, y21, accumulate);
        Put(y + (3 * yRow), y30, y31, accumulate);
        Put(y + (4 * yRow), y40, y41, accumulate);
        Put(y + (5 * yRow), y50, y51, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* y, TVector y0, TVector y1, bool accumulate)
    {
        if (accumulate)
        {
            y0 = TLanes.Add(TLanes.Load(y), y0);
            y1 = TLanes.Add(TLanes.Load(y + TLanes.Count), y1);
        }

        TLanes.Store(y0, y);
        TLanes.Store(y1, y + TLanes.Count);
    }
}
