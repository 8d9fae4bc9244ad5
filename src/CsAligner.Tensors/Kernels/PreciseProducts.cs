using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels;

// Shapes: a [K, M], b [K, N], c [M, N], float64.

/// <summary>Matrix products in float64, for measures; not for training.</summary>
internal static unsafe class PreciseProducts
{
    private const int Lanes = 4;
    private const int BlockRows = 4;
    private const int BlockColumns = 2 * Lanes;
    private const int BlockDepth = 512;

    /// <summary>c = a^T b. c must not overlap the others.</summary>
    public static void TransposeProduct(double* a, int m, double* b, int n, int depth, double* c)
    {
        new Span<double>(c, checked(m * n)).Clear();
        Workers.For(Blocks.Count(m, BlockRows), block =>
        {
            int top = block * BlockRows, height = Math.Min(BlockRows, m - top);
            for (int start = 0; start < depth; start += BlockDepth)
            {
                int end = Math.Min(depth, start + BlockDepth), left = 0;
                if (height == BlockRows)
                    for (; left <= n - BlockColumns; left += BlockColumns) FullBlock(a + top, m, b + left, n, start, end, c + ((long)top * n) + left, n);
                for (int i = top; i < top + height; i++)
                    for (int j = left; j < n; j++)
                        for (int k = start; k < end; k++) c[((long)i * n) + j] += a[((long)k * m) + i] * b[((long)k * n) + j];
            }
        });
    }

    /// <summary>(x - mean)^T (x - mean) / (rows - 1), [width, width].</summary>
    public static void Covariance(Tensor x, double* covariance)
    {
        using var scratch = new Scratch();
        double* mean = RowSums.Mean(x.Pointer, x.Rows, x.Width, scratch);
        double* centred = RowSums.Widened(x.Pointer, x.Rows, x.Width, mean, scratch);
        GC.KeepAlive(x);
        TransposeProduct(centred, x.Width, centred, x.Width, x.Rows, covariance);
        for (int i = 0; i < x.Width * x.Width; i++) covariance[i] /= x.Rows - 1;
    }

    private static void FullBlock(double* a, int aStride, double* b, int bStride, int start, int end, double* c, int cStride)
    {
        Vector256<double> c00 = Vector256.Load(c), c01 = Vector256.Load(c + Lanes);
        Vector256<double> c10 = Vector256.Load(c + cStride), c11 = Vector256.Load(c + cStride + Lanes);
        Vector256<double> c20 = Vector256.Load(c + (2 * cStride)), c21 = Vector256.Load(c + (2 * cStride) + Lanes);
        Vector256<double> c30 = Vector256.Load(c + (3 * cStride)), c31 = Vector256.Load(c + (3 * cStride) + Lanes);
        for (long k = start; k < end; k++)
        {
            double* left = a + (k * aStride);
            Vector256<double> b0 = Vector256.Load(b + (k * bStride)), b1 = Vector256.Load(b + (k * bStride) + Lanes);
            Vector256<double> a0 = Vector256.Create(left[0]), a1 = Vector256.Create(left[1]), a2 = Vector256.Create(left[2]), a3 = Vector256.Create(left[3]);
            c00 = Vector256.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(a0, b1, c01);
            c10 = Vector256.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(a1, b1, c11);
            c20 = Vector256.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(a2, b1, c21);
            c30 = Vector256.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(a3, b1, c31);
        }

        c00.Store(c);
        c01.Store(c + Lanes);
        c10.Store(c + cStride);
        c11.Store(c + cStride + Lanes);
        c20.Store(c + (2 * cStride));
        c21.Store(c + (2 * cStride) + Lanes);
        c30.Store(c + (3 * cStride));
        c31.Store(c + (3 * cStride) + Lanes);
    }
}
