using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>Copies elements of an operand into the order in which the tiles read them; see <see cref="GemmPanels"/>.</summary>
internal static unsafe class GemmPacking
{
    private const int Block = 8, PrefetchRows = 2;

    /// <summary>
    /// For i below <paramref name="depth"/>: <paramref name="panels"/> runs of <paramref name="width"/> elements that
    /// follow one another at source + i * depthStride go to target + i * paddedWidth, <paramref name="panelSize"/> apart.
    /// A single panel may be filled up with zeros to <paramref name="paddedWidth"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows(
        int depth, int panels, int width, int paddedWidth, float* source, nint depthStride, float* target, nint panelSize)
    {
        if (paddedWidth > width) new Span<float>(target, depth * paddedWidth).Clear();
        for (int i = 0; i < depth; i++)
        {
            float* from = source, to = target;
            for (int panel = 0; panel < panels; panel++)
            {
                int j = 0;
                for (; j <= width - Block; j += Block)
                {
                    // A row begins where hardware prefetching has not looked yet. Beyond the operand this does nothing.
                    if (Sse.IsSupported) Sse.Prefetch0(from + j + PrefetchRows * depthStride);
                    Vector256.Load(from + j).Store(to + j);
                }
                if (j <= width - 4)
                {
                    Vector128.Load(from + j).Store(to + j);
                    j += 4;
                }
                for (; j < width; j++) to[j] = from[j];
                from += width;
                to += panelSize;
            }
            source += depthStride;
            target += paddedWidth;
        }
    }

    /// <summary>
    /// target[i * paddedWidth + j] = source[i * depthStride + j * widthStride] for i below <paramref name="depth"/> and j
    /// below <paramref name="width"/>; zero for the columns from width to <paramref name="paddedWidth"/>.
    /// </summary>
    public static void PackTransposed(
        int depth, int width, int paddedWidth, float* source, nint depthStride, nint widthStride, float* target, bool fastTranspose)
    {
        if (paddedWidth > width) new Span<float>(target, depth * paddedWidth).Clear();
        if (depthStride == 1 && fastTranspose) Transpose(depth, width, paddedWidth, source, widthStride, target);
        else Gather(0, depth, 0, width, paddedWidth, source, depthStride, widthStride, target);
    }

    /// <summary>Writes the part of a tile that belongs to C, or adds it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreEdge(int rows, int width, float* tile, int tileWidth, float* c, nint cRow, bool accumulate)
    {
        for (int i = 0; i < rows; i++, tile += tileWidth, c += cRow)
        {
            int j = 0;
            for (; j <= width - 4; j += 4)
            {
                var x = Vector128.Load(tile + j);
                if (accumulate) x = Vector128.Load(c + j) + x;
                x.Store(c + j);
            }
            for (; j < width; j++) c[j] = accumulate ? c[j] + tile[j] : tile[j];
        }
    }

    /// <summary>The source runs along the depth: blocks of 8 x 8 are transposed in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(int depth, int width, int paddedWidth, float* source, nint widthStride, float* target)
    {
        int blockDepth = depth & -Block, blockWidth = width & -Block;
        for (int j = 0; j < blockWidth; j += Block)
        {
            float* from = source + j * widthStride;
            float* to = target + j;
            for (int i = 0; i < blockDepth; i += Block)
            {
                TransposeBlock(from + i, widthStride, to, paddedWidth);
                to += Block * (nint)paddedWidth;
            }
        }
        Gather(blockDepth, depth, 0, blockWidth, paddedWidth, source, 1, widthStride, target);
        Gather(0, depth, blockWidth, width, paddedWidth, source, 1, widthStride, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeBlock(float* source, nint sourceStride, float* target, nint targetStride)
    {
        float* source4 = source + 4 * sourceStride;
        // Halves of rows i and i + 4 side by side, so that the rest stays within 128-bit lanes.
        var r0 = Join(source, source4);
        var r1 = Join(source + sourceStride, source4 + sourceStride);
        var r2 = Join(source + 2 * sourceStride, source4 + 2 * sourceStride);
        var r3 = Join(source + 3 * sourceStride, source4 + 3 * sourceStride);
        var r4 = Join(source + 4, source4 + 4);
        var r5 = Join(source + sourceStride + 4, source4 + sourceStride + 4);
        var r6 = Join(source + 2 * sourceStride + 4, source4 + 2 * sourceStride + 4);
        var r7 = Join(source + 3 * sourceStride + 4, source4 + 3 * sourceStride + 4);
        StoreTransposed(r0, r1, r2, r3, target, targetStride);
        StoreTransposed(r4, r5, r6, r7, target + 4 * targetStride, targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(float* low, float* high) =>
        Avx.InsertVector128(Vector128.Load(low).ToVector256Unsafe(), Vector128.Load(high), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTransposed(
        Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3, float* target, nint stride)
    {
        var low01 = Avx.UnpackLow(r0, r1);
        var high01 = Avx.UnpackHigh(r0, r1);
        var low23 = Avx.UnpackLow(r2, r3);
        var high23 = Avx.UnpackHigh(r2, r3);
        Avx.Shuffle(low01, low23, 0x44).Store(target);
        Avx.Shuffle(low01, low23, 0xEE).Store(target + stride);
        Avx.Shuffle(high01, high23, 0x44).Store(target + 2 * stride);
        Avx.Shuffle(high01, high23, 0xEE).Store(target + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather(
        int depthStart, int depth, int widthStart, int width, int paddedWidth,
        float* source, nint depthStride, nint widthStride, float* target)
    {
        for (int i = depthStart; i < depth; i++)
        {
            for (int j = widthStart; j < width; j++)
                target[(nint)i * paddedWidth + j] = source[i * depthStride + j * widthStride];
        }
    }
}
