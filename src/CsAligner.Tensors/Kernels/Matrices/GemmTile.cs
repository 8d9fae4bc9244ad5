using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// The innermost loops of the matrix product: a tile of C, held in registers, gathers k outer products of a column of A
/// and a row of B. C = A·B, or C += A·B with accumulate. Element (i, p) of A lies at a[i * aRow + p * aCol], row p of B
/// at b + p * bRow, bRow not 0. Each element of C is one chain of multiply-adds in the order of p, whatever the tile's size.
/// </summary>
/// <remarks>
/// Written out by hand because the JIT keeps locals in registers, not arrays. The sizes are those that fill them without
/// a spill: 8 x 3 uses 24 + 3 + 1 of 32 (AVX-512), 6 x 2 uses 12 + 2 + 1 of 16 (AVX2 and everything else). The smaller
/// ones are for the last columns.
/// </remarks>
internal static unsafe class GemmTile<TVector, TLanes>
    where TLanes : struct, ILanes<TVector>
{
    private const int PrefetchTurns = 8;

    /// <summary>8 rows by 3 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8Vectors3(
        int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        TVector c00 = TLanes.Zero, c01 = TLanes.Zero, c02 = TLanes.Zero;
        TVector c10 = TLanes.Zero, c11 = TLanes.Zero, c12 = TLanes.Zero;
        TVector c20 = TLanes.Zero, c21 = TLanes.Zero, c22 = TLanes.Zero;
        TVector c30 = TLanes.Zero, c31 = TLanes.Zero, c32 = TLanes.Zero;
        TVector c40 = TLanes.Zero, c41 = TLanes.Zero, c42 = TLanes.Zero;
        TVector c50 = TLanes.Zero, c51 = TLanes.Zero, c52 = TLanes.Zero;
        TVector c60 = TLanes.Zero, c61 = TLanes.Zero, c62 = TLanes.Zero;
        TVector c70 = TLanes.Zero, c71 = TLanes.Zero, c72 = TLanes.Zero;
        // Strides in bytes and an end to compare with: three instructions to a turn besides the arithmetic.
        aRow *= sizeof(float);
        aCol *= sizeof(float);
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow, aRow4 = 4 * aRow, aRow5 = 5 * aRow, aRow6 = 6 * aRow, aRow7 = 7 * aRow;
        // B comes from the second-level cache, three lines a turn: asked for so early, they are there in time.
        nint ahead = PrefetchTurns * bRow;
        for (float* end = b + k * bRow; b != end; a = (float*)((byte*)a + aCol), b += bRow)
        {
            Sse.Prefetch0(b + ahead);
            Sse.Prefetch0(b + ahead + TLanes.Count);
            Sse.Prefetch0(b + ahead + 2 * TLanes.Count);
            TVector b0 = TLanes.Load(b);
            TVector b1 = TLanes.Load(b + TLanes.Count);
            TVector b2 = TLanes.Load(b + 2 * TLanes.Count);
            TVector x0 = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x0, b0, c00);
            c01 = TLanes.MultiplyAdd(x0, b1, c01);
            c02 = TLanes.MultiplyAdd(x0, b2, c02);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)a + aRow));
            c10 = TLanes.MultiplyAdd(x1, b0, c10);
            c11 = TLanes.MultiplyAdd(x1, b1, c11);
            c12 = TLanes.MultiplyAdd(x1, b2, c12);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)a + aRow2));
            c20 = TLanes.MultiplyAdd(x2, b0, c20);
            c21 = TLanes.MultiplyAdd(x2, b1, c21);
            c22 = TLanes.MultiplyAdd(x2, b2, c22);
            TVector x3 = TLanes.Broadcast(*(float*)((byte*)a + aRow3));
            c30 = TLanes.MultiplyAdd(x3, b0, c30);
            c31 = TLanes.MultiplyAdd(x3, b1, c31);
            c32 = TLanes.MultiplyAdd(x3, b2, c32);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)a + aRow4));
            c40 = TLanes.MultiplyAdd(x4, b0, c40);
            c41 = TLanes.MultiplyAdd(x4, b1, c41);
            c42 = TLanes.MultiplyAdd(x4, b2, c42);
            TVector x5 = TLanes.Broadcast(*(float*)((byte*)a + aRow5));
            c50 = TLanes.MultiplyAdd(x5, b0, c50);
            c51 = TLanes.MultiplyAdd(x5, b1, c51);
            c52 = TLanes.MultiplyAdd(x5, b2, c52);
            TVector x6 = TLanes.Broadcast(*(float*)((byte*)a + aRow6));
            c60 = TLanes.MultiplyAdd(x6, b0, c60);
            c61 = TLanes.MultiplyAdd(x6, b1, c61);
            c62 = TLanes.MultiplyAdd(x6, b2, c62);
            TVector x7 = TLanes.Broadcast(*(float*)((byte*)a + aRow7));
            c70 = TLanes.MultiplyAdd(x7, b0, c70);
            c71 = TLanes.MultiplyAdd(x7, b1, c71);
            c72 = TLanes.MultiplyAdd(x7, b2, c72);
        }
        Put(c, c00, c01, c02, accumulate);
        Put(c + cRow, c10, c11, c12, accumulate);
        Put(c + 2 * cRow, c20, c21, c22, accumulate);
        Put(c + 3 * cRow, c30, c31, c32, accumulate);
        Put(c + 4 * cRow, c40, c41, c42, accumulate);
        Put(c + 5 * cRow, c50, c51, c52, accumulate);
        Put(c + 6 * cRow, c60, c61, c62, accumulate);
        Put(c + 7 * cRow, c70, c71, c72, accumulate);
    }

    /// <summary>8 rows by 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8Vectors2(
        int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        TVector c00 = TLanes.Zero, c01 = TLanes.Zero;
        TVector c10 = TLanes.Zero, c11 = TLanes.Zero;
        TVector c20 = TLanes.Zero, c21 = TLanes.Zero;
        TVector c30 = TLanes.Zero, c31 = TLanes.Zero;
        TVector c40 = TLanes.Zero, c41 = TLanes.Zero;
        TVector c50 = TLanes.Zero, c51 = TLanes.Zero;
        TVector c60 = TLanes.Zero, c61 = TLanes.Zero;
        TVector c70 = TLanes.Zero, c71 = TLanes.Zero;
        // Strides in bytes and an end to compare with: three instructions to a turn besides the arithmetic.
        aRow *= sizeof(float);
        aCol *= sizeof(float);
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow, aRow4 = 4 * aRow, aRow5 = 5 * aRow, aRow6 = 6 * aRow, aRow7 = 7 * aRow;
        for (float* end = b + k * bRow; b != end; a = (float*)((byte*)a + aCol), b += bRow)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TLanes.Load(b + TLanes.Count);
            TVector x0 = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x0, b0, c00);
            c01 = TLanes.MultiplyAdd(x0, b1, c01);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)a + aRow));
            c10 = TLanes.MultiplyAdd(x1, b0, c10);
            c11 = TLanes.MultiplyAdd(x1, b1, c11);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)a + aRow2));
            c20 = TLanes.MultiplyAdd(x2, b0, c20);
            c21 = TLanes.MultiplyAdd(x2, b1, c21);
            TVector x3 = TLanes.Broadcast(*(float*)((byte*)a + aRow3));
            c30 = TLanes.MultiplyAdd(x3, b0, c30);
            c31 = TLanes.MultiplyAdd(x3, b1, c31);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)a + aRow4));
            c40 = TLanes.MultiplyAdd(x4, b0, c40);
            c41 = TLanes.MultiplyAdd(x4, b1, c41);
            TVector x5 = TLanes.Broadcast(*(float*)((byte*)a + aRow5));
            c50 = TLanes.MultiplyAdd(x5, b0, c50);
            c51 = TLanes.MultiplyAdd(x5, b1, c51);
            TVector x6 = TLanes.Broadcast(*(float*)((byte*)a + aRow6));
            c60 = TLanes.MultiplyAdd(x6, b0, c60);
            c61 = TLanes.MultiplyAdd(x6, b1, c61);
            TVector x7 = TLanes.Broadcast(*(float*)((byte*)a + aRow7));
            c70 = TLanes.MultiplyAdd(x7, b0, c70);
            c71 = TLanes.MultiplyAdd(x7, b1, c71);
        }
        Put(c, c00, c01, accumulate);
        Put(c + cRow, c10, c11, accumulate);
        Put(c + 2 * cRow, c20, c21, accumulate);
        Put(c + 3 * cRow, c30, c31, accumulate);
        Put(c + 4 * cRow, c40, c41, accumulate);
        Put(c + 5 * cRow, c50, c51, accumulate);
        Put(c + 6 * cRow, c60, c61, accumulate);
        Put(c + 7 * cRow, c70, c71, accumulate);
    }

    /// <summary>8 rows by 1 vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8Vectors1(
        int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        TVector c00 = TLanes.Zero;
        TVector c10 = TLanes.Zero;
        TVector c20 = TLanes.Zero;
        TVector c30 = TLanes.Zero;
        TVector c40 = TLanes.Zero;
        TVector c50 = TLanes.Zero;
        TVector c60 = TLanes.Zero;
        TVector c70 = TLanes.Zero;
        // Strides in bytes and an end to compare with: three instructions to a turn besides the arithmetic.
        aRow *= sizeof(float);
        aCol *= sizeof(float);
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow, aRow4 = 4 * aRow, aRow5 = 5 * aRow, aRow6 = 6 * aRow, aRow7 = 7 * aRow;
        for (float* end = b + k * bRow; b != end; a = (float*)((byte*)a + aCol), b += bRow)
        {
            TVector b0 = TLanes.Load(b);
            TVector x0 = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x0, b0, c00);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)a + aRow));
            c10 = TLanes.MultiplyAdd(x1, b0, c10);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)a + aRow2));
            c20 = TLanes.MultiplyAdd(x2, b0, c20);
            TVector x3 = TLanes.Broadcast(*(float*)((byte*)a + aRow3));
            c30 = TLanes.MultiplyAdd(x3, b0, c30);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)a + aRow4));
            c40 = TLanes.MultiplyAdd(x4, b0, c40);
            TVector x5 = TLanes.Broadcast(*(float*)((byte*)a + aRow5));
            c50 = TLanes.MultiplyAdd(x5, b0, c50);
            TVector x6 = TLanes.Broadcast(*(float*)((byte*)a + aRow6));
            c60 = TLanes.MultiplyAdd(x6, b0, c60);
            TVector x7 = TLanes.Broadcast(*(float*)((byte*)a + aRow7));
            c70 = TLanes.MultiplyAdd(x7, b0, c70);
        }
        Put(c, c00, accumulate);
        Put(c + cRow, c10, accumulate);
        Put(c + 2 * cRow, c20, accumulate);
        Put(c + 3 * cRow, c30, accumulate);
        Put(c + 4 * cRow, c40, accumulate);
        Put(c + 5 * cRow, c50, accumulate);
        Put(c + 6 * cRow, c60, accumulate);
        Put(c + 7 * cRow, c70, accumulate);
    }

    /// <summary>6 rows by 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6Vectors2(
        int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        TVector c00 = TLanes.Zero, c01 = TLanes.Zero;
        TVector c10 = TLanes.Zero, c11 = TLanes.Zero;
        TVector c20 = TLanes.Zero, c21 = TLanes.Zero;
        TVector c30 = TLanes.Zero, c31 = TLanes.Zero;
        TVector c40 = TLanes.Zero, c41 = TLanes.Zero;
        TVector c50 = TLanes.Zero, c51 = TLanes.Zero;
        // Strides in bytes and an end to compare with: three instructions to a turn besides the arithmetic.
        aRow *= sizeof(float);
        aCol *= sizeof(float);
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow, aRow4 = 4 * aRow, aRow5 = 5 * aRow;
        for (float* end = b + k * bRow; b != end; a = (float*)((byte*)a + aCol), b += bRow)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TLanes.Load(b + TLanes.Count);
            TVector x0 = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x0, b0, c00);
            c01 = TLanes.MultiplyAdd(x0, b1, c01);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)a + aRow));
            c10 = TLanes.MultiplyAdd(x1, b0, c10);
            c11 = TLanes.MultiplyAdd(x1, b1, c11);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)a + aRow2));
            c20 = TLanes.MultiplyAdd(x2, b0, c20);
            c21 = TLanes.MultiplyAdd(x2, b1, c21);
            TVector x3 = TLanes.Broadcast(*(float*)((byte*)a + aRow3));
            c30 = TLanes.MultiplyAdd(x3, b0, c30);
            c31 = TLanes.MultiplyAdd(x3, b1, c31);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)a + aRow4));
            c40 = TLanes.MultiplyAdd(x4, b0, c40);
            c41 = TLanes.MultiplyAdd(x4, b1, c41);
            TVector x5 = TLanes.Broadcast(*(float*)((byte*)a + aRow5));
            c50 = TLanes.MultiplyAdd(x5, b0, c50);
            c51 = TLanes.MultiplyAdd(x5, b1, c51);
        }
        Put(c, c00, c01, accumulate);
        Put(c + cRow, c10, c11, accumulate);
        Put(c + 2 * cRow, c20, c21, accumulate);
        Put(c + 3 * cRow, c30, c31, accumulate);
        Put(c + 4 * cRow, c40, c41, accumulate);
        Put(c + 5 * cRow, c50, c51, accumulate);
    }

    /// <summary>6 rows by 1 vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6Vectors1(
        int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        TVector c00 = TLanes.Zero;
        TVector c10 = TLanes.Zero;
        TVector c20 = TLanes.Zero;
        TVector c30 = TLanes.Zero;
        TVector c40 = TLanes.Zero;
        TVector c50 = TLanes.Zero;
        // Strides in bytes and an end to compare with: three instructions to a turn besides the arithmetic.
        aRow *= sizeof(float);
        aCol *= sizeof(float);
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow, aRow4 = 4 * aRow, aRow5 = 5 * aRow;
        for (float* end = b + k * bRow; b != end; a = (float*)((byte*)a + aCol), b += bRow)
        {
            TVector b0 = TLanes.Load(b);
            TVector x0 = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x0, b0, c00);
            TVector x1 = TLanes.Broadcast(*(float*)((byte*)a + aRow));
            c10 = TLanes.MultiplyAdd(x1, b0, c10);
            TVector x2 = TLanes.Broadcast(*(float*)((byte*)a + aRow2));
            c20 = TLanes.MultiplyAdd(x2, b0, c20);
            TVector x3 = TLanes.Broadcast(*(float*)((byte*)a + aRow3));
            c30 = TLanes.MultiplyAdd(x3, b0, c30);
            TVector x4 = TLanes.Broadcast(*(float*)((byte*)a + aRow4));
            c40 = TLanes.MultiplyAdd(x4, b0, c40);
            TVector x5 = TLanes.Broadcast(*(float*)((byte*)a + aRow5));
            c50 = TLanes.MultiplyAdd(x5, b0, c50);
        }
        Put(c, c00, accumulate);
        Put(c + cRow, c10, accumulate);
        Put(c + 2 * cRow, c20, accumulate);
        Put(c + 3 * cRow, c30, accumulate);
        Put(c + 4 * cRow, c40, accumulate);
        Put(c + 5 * cRow, c50, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector x0, TVector x1, TVector x2, bool accumulate)
    {
        if (accumulate)
        {
            x0 = TLanes.Add(TLanes.Load(c), x0);
            x1 = TLanes.Add(TLanes.Load(c + TLanes.Count), x1);
            x2 = TLanes.Add(TLanes.Load(c + 2 * TLanes.Count), x2);
        }
        TLanes.Store(x0, c);
        TLanes.Store(x1, c + TLanes.Count);
        TLanes.Store(x2, c + 2 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector x0, TVector x1, bool accumulate)
    {
        if (accumulate)
        {
            x0 = TLanes.Add(TLanes.Load(c), x0);
            x1 = TLanes.Add(TLanes.Load(c + TLanes.Count), x1);
        }
        TLanes.Store(x0, c);
        TLanes.Store(x1, c + TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector x0, bool accumulate)
    {
        if (accumulate)
        {
            x0 = TLanes.Add(TLanes.Load(c), x0);
        }
        TLanes.Store(x0, c);
    }
}
