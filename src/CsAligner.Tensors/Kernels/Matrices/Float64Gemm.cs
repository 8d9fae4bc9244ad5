using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Matrices;

// Shapes: a [K, M], b [K, N], c [M, N], float64.

/// <summary>Matrix products in float64, for measures; not for training.</summary>
internal static unsafe class Float64Gemm
{
    private const int Lanes = 4;
    private const int BlockRows = 4;
    private const int BlockColumns = 2 * Lanes;
    private const int BlockDepth = 512;

    // Rows that are widened at a time: whole depths of blocks, so that sums are added in the order of one piece.
    private const int RowsAtATime = 16 * BlockDepth;

    /// <summary>c = a^T b. c must not overlap the others.</summary>
    public static void TransposeProduct(double* a, int m, double* b, int n, int depth, double* c)
    {
        new Span<double>(c, checked(m * n)).Clear();
        AddTransposeProduct(a, m, b, n, depth, c);
    }

    /// <summary>c += a^T b. c must not overlap the others.</summary>
    public static void AddTransposeProduct(double* a, int m, double* b, int n, int depth, double* c)
    {
        Workers.For(Blocks.Count(m, BlockRows), block =>
        {
            int top = block * BlockRows, height = Math.Min(BlockRows, m - top);
            for (int start = 0; start < depth; start += BlockDepth)
            {
                int end = Math.Min(depth, start + BlockDepth), left = 0;
                if (height == BlockRows)
                    for (; left <= n - BlockColumns; left += BlockColumns)
                        FullBlock(a + top, m, b + left, n, start, end, c + ((long)top * n) + left, n);
                for (int i = top; i < top + height; i++)
                    for (int j = left; j < n; j++)
                        for (int k = start; k < end; k++) c[((long)i * n) + j] += a[((long)k * m) + i] * b[((long)k * n) + j];
            }
        });
    }

    /// <summary>
    /// c = a^T a, of which only the part on and above the diagonal is computed. With <paramref name="lower"/> a is square with nothing
    /// above its diagonal.
    /// </summary>
    public static void Gram(double* a, int m, int depth, double* c, bool lower)
    {
        using var scratch = new Scratch();
        int panels = Blocks.Count(m, BlockColumns), wide = Blocks.Count(m, BlockRows) * BlockRows;

        // Columns side by side, so that what is read together lies together.
        double* left = scratch.Doubles((long)wide * depth), right = scratch.Doubles((long)panels * BlockColumns * depth);
        Workers.For(panels, panel =>
        {
            int first = panel * BlockColumns, count = Math.Min(BlockColumns, m - first);
            double* target = right + ((nint)first * depth);
            for (int k = 0; k < depth; k++)
                for (int j = 0; j < count; j++) target[((nint)k * BlockColumns) + j] = a[((nint)k * m) + first + j];
            for (int top = first; top < first + count; top += BlockRows)
                for (int k = 0; k < depth; k++)
                    for (int i = top; i < Math.Min(m, top + BlockRows); i++)
                        left[((nint)top * depth) + ((nint)k * BlockRows) + i - top] = a[((nint)k * m) + i];
        });
        Workers.For(panels, panel =>
        {
            int first = panel * BlockColumns, count = Math.Min(BlockColumns, m - first);
            double* tile = stackalloc double[BlockRows * BlockColumns];
            for (int top = 0; top < first + count; top += BlockRows)
            {
                new Span<double>(tile, BlockRows * BlockColumns).Clear();
                for (int start = lower ? first : 0; start < depth; start += BlockDepth)
                    FullBlock(left + ((nint)top * depth), BlockRows, right + ((nint)first * depth), BlockColumns, start,
                        Math.Min(depth, start + BlockDepth), tile, BlockColumns);
                for (int i = top; i < Math.Min(m, top + BlockRows); i++)
                    for (int j = 0; j < count; j++)
                        c[((nint)i * m) + first + j] = c[((nint)(first + j) * m) + i] = tile[((i - top) * BlockColumns) + j];
            }
        });
    }

    /// <summary>(x - mean)^T (x - mean) / (rows - 1), [width, width]; memory of some thousand rows, whatever their number.</summary>
    public static void Covariance(Tensor x, double* covariance)
    {
        using var scratch = new Scratch();
        double* mean = RowSums.Mean(x.Pointer, x.Rows, x.Width, scratch);
        new Span<double>(covariance, checked(x.Width * x.Width)).Clear();
        for (int first = 0; first < x.Rows; first += RowsAtATime)
        {
            using var passing = new Scratch();
            int rows = Math.Min(RowsAtATime, x.Rows - first);
            double* centred = RowSums.Widened(x.Pointer + ((long)first * x.Width), rows, x.Width, mean, passing);
            AddTransposeProduct(centred, x.Width, centred, x.Width, rows, covariance);
        }

        GC.KeepAlive(x);
        for (int i = 0; i < x.Width * x.Width; i++) covariance[i] /= x.Rows - 1;
    }

    /// <summary>x . y.</summary>
    public static double Dot(double* x, double* y, int width) => OfPair<DotOperation>(x, y, width);

    /// <summary>result[i, j] = what the operation sums over the dimensions of x_i and y_j.</summary>
    public static void ForPairs<TOperation>(double* x, int rows, double* y, int columns, int width, double* result, int stride)
        where TOperation : struct, IPairOperation
    {
        int evenRows = rows & ~1, wholeColumns = columns & ~3;
        for (int j = 0; j < columns; j += BlockRows)
        {
            bool whole = j < wholeColumns;
            for (int i = 0; i < rows; i += 2)
            {
                if (whole && i < evenRows)
                {
                    TwoByFour<TOperation>(x + ((nint)i * width), y + ((nint)j * width), width, result + (i * stride) + j, stride);
                    continue;
                }
                for (int r = i; r < Math.Min(rows, i + 2); r++)
                    for (int c = j; c < Math.Min(columns, j + BlockRows); c++)
                        result[(r * stride) + c] = OfPair<TOperation>(x + ((nint)r * width), y + ((nint)c * width), width);
            }
        }
    }

    /// <summary>target_i += sum_j weights[i, j] y_j.</summary>
    public static void AddProduct(double* weights, int rows, int columns, int stride, double* y, int width, double* target)
    {
        int wholeRows = rows / BlockRows * BlockRows, wholeWidth = width / BlockColumns * BlockColumns;
        for (int d = 0; d < wholeWidth; d += BlockColumns)
            for (int i = 0; i < wholeRows; i += BlockRows)
                AddBlock(weights + (i * stride), stride, columns, y + d, target + ((nint)i * width) + d, width);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double weight = weights[(i * stride) + j];
                for (int d = i < wholeRows ? wholeWidth : 0; d < width; d++)
                    target[((nint)i * width) + d] += weight * y[((nint)j * width) + d];
            }
        }
    }

    private static double OfPair<TOperation>(double* x, double* y, int width)
        where TOperation : struct, IPairOperation
    {
        var sum = Vector256<double>.Zero;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes) sum = TOperation.Add(sum, Vector256.Load(x + d), Vector256.Load(y + d));
        double all = Vector256.Sum(sum);
        for (; d < width; d++) all = TOperation.Add(all, x[d], y[d]);
        return all;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByFour<TOperation>(double* x, double* y, int width, double* result, int stride)
        where TOperation : struct, IPairOperation
    {
        double* x1 = x + width, y1 = y + width, y2 = y1 + width, y3 = y2 + width;
        Vector256<double> s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default,
            s13 = default;
        int d = 0;
        for (; d <= width - Lanes; d += Lanes)
        {
            Vector256<double> a0 = Vector256.Load(x + d), a1 = Vector256.Load(x1 + d), b = Vector256.Load(y + d);
            s00 = TOperation.Add(s00, a0, b);
            s10 = TOperation.Add(s10, a1, b);
            b = Vector256.Load(y1 + d);
            s01 = TOperation.Add(s01, a0, b);
            s11 = TOperation.Add(s11, a1, b);
            b = Vector256.Load(y2 + d);
            s02 = TOperation.Add(s02, a0, b);
            s12 = TOperation.Add(s12, a1, b);
            b = Vector256.Load(y3 + d);
            s03 = TOperation.Add(s03, a0, b);
            s13 = TOperation.Add(s13, a1, b);
        }
        double* result1 = result + stride;
        (result[0], result[1], result[2], result[3]) = (Vector256.Sum(s00), Vector256.Sum(s01), Vector256.Sum(s02), Vector256.Sum(s03));
        (result1[0], result1[1], result1[2], result1[3]) = (Vector256.Sum(s10), Vector256.Sum(s11), Vector256.Sum(s12), Vector256.Sum(s13));
        for (; d < width; d++)
        {
            for (int j = 0; j < 4; j++)
            {
                double other = y[((nint)j * width) + d];
                result[j] = TOperation.Add(result[j], x[d], other);
                result1[j] = TOperation.Add(result1[j], x1[d], other);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBlock(double* weights, int stride, int columns, double* y, double* target, int width)
    {
        double* target1 = target + width, target2 = target1 + width, target3 = target2 + width;
        Vector256<double> c00 = Vector256.Load(target), c01 = Vector256.Load(target + Lanes), c10 = Vector256.Load(target1),
            c11 = Vector256.Load(target1 + Lanes);
        Vector256<double> c20 = Vector256.Load(target2), c21 = Vector256.Load(target2 + Lanes), c30 = Vector256.Load(target3),
            c31 = Vector256.Load(target3 + Lanes);
        for (int j = 0; j < columns; j++, weights++, y += width)
        {
            Vector256<double> b0 = Vector256.Load(y), b1 = Vector256.Load(y + Lanes);
            var weight = Vector256.Create(weights[0]);
            c00 = Vector256.FusedMultiplyAdd(weight, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(weight, b1, c01);
            weight = Vector256.Create(weights[stride]);
            c10 = Vector256.FusedMultiplyAdd(weight, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(weight, b1, c11);
            weight = Vector256.Create(weights[2 * stride]);
            c20 = Vector256.FusedMultiplyAdd(weight, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(weight, b1, c21);
            weight = Vector256.Create(weights[3 * stride]);
            c30 = Vector256.FusedMultiplyAdd(weight, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(weight, b1, c31);
        }
        c00.Store(target);
        c01.Store(target + Lanes);
        c10.Store(target1);
        c11.Store(target1 + Lanes);
        c20.Store(target2);
        c21.Store(target2 + Lanes);
        c30.Store(target3);
        c31.Store(target3 + Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
            Vector256<double> a0 = Vector256.Create(left[0]), a1 = Vector256.Create(left[1]), a2 = Vector256.Create(left[2]),
                a3 = Vector256.Create(left[3]);
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
