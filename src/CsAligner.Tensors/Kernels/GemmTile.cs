using System.Runtime.CompilerServices;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// The innermost loops of the matrix product: a tile of C, held in registers, gathers k outer products of a column of A
/// and a row of B. C = A·B, or C += A·B with accumulate. Element (i, p) of A lies at a[i * aRow + p * aCol], row p of B
/// at b + p * bRow. Each element of C is one chain of multiply-adds in the order of p, whatever the tile's size.
/// </summary>
/// <remarks>
/// Written out by hand because the JIT keeps locals in registers, not arrays. The sizes are those that fill them without
/// a spill: 8 x 3 uses 24 + 3 + 1 of 32 (AVX-512), 6 x 2 uses 12 + 2 + 1 of 16 (AVX2 and everything else). The smaller
/// ones are for the last columns.
/// </remarks>
internal static unsafe class GemmTile<T>
    where T : struct, ILanes<T>
{
    /// <summary>8 rows by 3 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8Vectors3(
        int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        T c00 = T.Zero, c01 = T.Zero, c02 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero, c12 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero, c22 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero, c32 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero, c42 = T.Zero;
        T c50 = T.Zero, c51 = T.Zero, c52 = T.Zero;
        T c60 = T.Zero, c61 = T.Zero, c62 = T.Zero;
        T c70 = T.Zero, c71 = T.Zero, c72 = T.Zero;
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow;
        float* a4 = a + 4 * aRow;
        for (int i = 0; i < k; i++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), b2 = T.Load(b + 2 * T.Count);
            T x = T.Broadcast(*a);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            c02 = T.MultiplyAdd(x, b2, c02);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            c12 = T.MultiplyAdd(x, b2, c12);
            x = T.Broadcast(a[aRow2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            c22 = T.MultiplyAdd(x, b2, c22);
            x = T.Broadcast(a[aRow3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            c32 = T.MultiplyAdd(x, b2, c32);
            x = T.Broadcast(*a4);
            c40 = T.MultiplyAdd(x, b0, c40);
            c41 = T.MultiplyAdd(x, b1, c41);
            c42 = T.MultiplyAdd(x, b2, c42);
            x = T.Broadcast(a4[aRow]);
            c50 = T.MultiplyAdd(x, b0, c50);
            c51 = T.MultiplyAdd(x, b1, c51);
            c52 = T.MultiplyAdd(x, b2, c52);
            x = T.Broadcast(a4[aRow2]);
            c60 = T.MultiplyAdd(x, b0, c60);
            c61 = T.MultiplyAdd(x, b1, c61);
            c62 = T.MultiplyAdd(x, b2, c62);
            x = T.Broadcast(a4[aRow3]);
            c70 = T.MultiplyAdd(x, b0, c70);
            c71 = T.MultiplyAdd(x, b1, c71);
            c72 = T.MultiplyAdd(x, b2, c72);
            a += aCol;
            a4 += aCol;
            b += bRow;
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
        T c00 = T.Zero, c01 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero;
        T c50 = T.Zero, c51 = T.Zero;
        T c60 = T.Zero, c61 = T.Zero;
        T c70 = T.Zero, c71 = T.Zero;
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow;
        float* a4 = a + 4 * aRow;
        for (int i = 0; i < k; i++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count);
            T x = T.Broadcast(*a);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            x = T.Broadcast(a[aRow2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            x = T.Broadcast(a[aRow3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            x = T.Broadcast(*a4);
            c40 = T.MultiplyAdd(x, b0, c40);
            c41 = T.MultiplyAdd(x, b1, c41);
            x = T.Broadcast(a4[aRow]);
            c50 = T.MultiplyAdd(x, b0, c50);
            c51 = T.MultiplyAdd(x, b1, c51);
            x = T.Broadcast(a4[aRow2]);
            c60 = T.MultiplyAdd(x, b0, c60);
            c61 = T.MultiplyAdd(x, b1, c61);
            x = T.Broadcast(a4[aRow3]);
            c70 = T.MultiplyAdd(x, b0, c70);
            c71 = T.MultiplyAdd(x, b1, c71);
            a += aCol;
            a4 += aCol;
            b += bRow;
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
        T c00 = T.Zero;
        T c10 = T.Zero;
        T c20 = T.Zero;
        T c30 = T.Zero;
        T c40 = T.Zero;
        T c50 = T.Zero;
        T c60 = T.Zero;
        T c70 = T.Zero;
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow;
        float* a4 = a + 4 * aRow;
        for (int i = 0; i < k; i++)
        {
            T b0 = T.Load(b);
            T x = T.Broadcast(*a);
            c00 = T.MultiplyAdd(x, b0, c00);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            x = T.Broadcast(a[aRow2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            x = T.Broadcast(a[aRow3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            x = T.Broadcast(*a4);
            c40 = T.MultiplyAdd(x, b0, c40);
            x = T.Broadcast(a4[aRow]);
            c50 = T.MultiplyAdd(x, b0, c50);
            x = T.Broadcast(a4[aRow2]);
            c60 = T.MultiplyAdd(x, b0, c60);
            x = T.Broadcast(a4[aRow3]);
            c70 = T.MultiplyAdd(x, b0, c70);
            a += aCol;
            a4 += aCol;
            b += bRow;
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
        T c00 = T.Zero, c01 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero;
        T c50 = T.Zero, c51 = T.Zero;
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow;
        float* a4 = a + 4 * aRow;
        for (int i = 0; i < k; i++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count);
            T x = T.Broadcast(*a);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            x = T.Broadcast(a[aRow2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            x = T.Broadcast(a[aRow3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            x = T.Broadcast(*a4);
            c40 = T.MultiplyAdd(x, b0, c40);
            c41 = T.MultiplyAdd(x, b1, c41);
            x = T.Broadcast(a4[aRow]);
            c50 = T.MultiplyAdd(x, b0, c50);
            c51 = T.MultiplyAdd(x, b1, c51);
            a += aCol;
            a4 += aCol;
            b += bRow;
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
        T c00 = T.Zero;
        T c10 = T.Zero;
        T c20 = T.Zero;
        T c30 = T.Zero;
        T c40 = T.Zero;
        T c50 = T.Zero;
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow;
        float* a4 = a + 4 * aRow;
        for (int i = 0; i < k; i++)
        {
            T b0 = T.Load(b);
            T x = T.Broadcast(*a);
            c00 = T.MultiplyAdd(x, b0, c00);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            x = T.Broadcast(a[aRow2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            x = T.Broadcast(a[aRow3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            x = T.Broadcast(*a4);
            c40 = T.MultiplyAdd(x, b0, c40);
            x = T.Broadcast(a4[aRow]);
            c50 = T.MultiplyAdd(x, b0, c50);
            a += aCol;
            a4 += aCol;
            b += bRow;
        }
        Put(c, c00, accumulate);
        Put(c + cRow, c10, accumulate);
        Put(c + 2 * cRow, c20, accumulate);
        Put(c + 3 * cRow, c30, accumulate);
        Put(c + 4 * cRow, c40, accumulate);
        Put(c + 5 * cRow, c50, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, T x0, T x1, T x2, bool accumulate)
    {
        if (accumulate)
        {
            x0 = T.Add(T.Load(c), x0);
            x1 = T.Add(T.Load(c + T.Count), x1);
            x2 = T.Add(T.Load(c + 2 * T.Count), x2);
        }
        x0.Store(c);
        x1.Store(c + T.Count);
        x2.Store(c + 2 * T.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, T x0, T x1, bool accumulate)
    {
        if (accumulate)
        {
            x0 = T.Add(T.Load(c), x0);
            x1 = T.Add(T.Load(c + T.Count), x1);
        }
        x0.Store(c);
        x1.Store(c + T.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, T x0, bool accumulate)
    {
        if (accumulate)
        {
            x0 = T.Add(T.Load(c), x0);
        }
        x0.Store(c);
    }
}
