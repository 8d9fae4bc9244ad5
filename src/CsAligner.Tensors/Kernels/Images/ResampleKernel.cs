using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels.Images;

/// <summary>
/// Resizing of 8-bit interleaved RGB to the same bytes as Pillow's: a horizontal pass, rounded to 8 bits, then a vertical
/// one. Whole numbers throughout, so the result does not depend on the processor. Only a window of the result is computed. One
/// thread; M taps for an output pixel cost 3 M multiplications in each pass.
/// </summary>
internal static unsafe class ResampleKernel
{
    private const int Half = 1 << (ResampleTaps.Precision - 1);

    /// <summary>Fills the window that <paramref name="across"/> and <paramref name="down"/> describe.</summary>
    /// <param name="source">width x height x 3 bytes; the height is that of the taps.</param>
    /// <param name="width">Pixels in a source row.</param>
    /// <param name="across">Taps of the window's columns.</param>
    /// <param name="down">Taps of the window's rows.</param>
    /// <param name="target">columns x rows x 3 bytes.</param>
    public static void Run(ReadOnlySpan<byte> source, int width, ResampleTaps across, ResampleTaps down, Span<byte> target)
    {
        int stride = 3 * width, columns = across.First.Length, rows = down.First.Length, begin = down.Begin, end = down.End;
        var middle = new byte[checked((end - begin) * columns * 3)];

        // Four bytes are read for a pixel of three: behind the last row there must be one more.
        var last = new byte[stride + 1];
        source.Slice((end - 1) * stride, stride).CopyTo(last);
        fixed (byte* from = source, tail = last, between = middle, to = target)
        fixed (int* acrossWeights = across.Weights, downWeights = down.Weights)
        {
            for (int y = begin; y < end; y++)
                Across(y == end - 1 ? tail : from + ((long)y * stride), across, acrossWeights, between + ((long)(y - begin) * columns * 3));
            for (int y = 0; y < rows; y++)
            {
                byte* first = between + ((long)(down.First[y] - begin) * columns * 3);
                Down(first, columns * 3, downWeights + ((long)y * down.Stride), down.Count[y], to + ((long)y * columns * 3));
            }
        }
    }

    private static void Across(byte* row, ResampleTaps taps, int* weights, byte* result)
    {
        for (int x = 0; x < taps.First.Length; x++, weights += taps.Stride, result += 3)
        {
            byte* pixel = row + (3 * taps.First[x]);
            int count = taps.Count[x];
            var sum = Vector128.Create(Half);
            for (int t = 0; t < count; t++, pixel += 3)
                sum += Widen(*(uint*)pixel) * weights[t];
            sum = Vector128.Min(Vector128.Max(sum >> ResampleTaps.Precision, Vector128<int>.Zero), Vector128.Create(255));
            (result[0], result[1], result[2]) = ((byte)sum[0], (byte)sum[1], (byte)sum[2]);
        }
    }

    // Red, green, blue, and a byte of the next pixel that nobody reads.
    private static Vector128<int> Widen(uint pixel)
        => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(pixel).AsByte())).AsInt32();

    private static void Down(byte* first, int length, int* weights, int count, byte* result)
    {
        int x = 0;
        for (; x <= length - Vector128<byte>.Count; x += Vector128<byte>.Count)
        {
            Vector128<int> a = Vector128.Create(Half), b = a, c = a, d = a;
            for (int t = 0; t < count; t++)
            {
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(first + ((long)t * length) + x));
                var weight = Vector128.Create(weights[t]);
                a += Vector128.WidenLower(low).AsInt32() * weight;
                b += Vector128.WidenUpper(low).AsInt32() * weight;
                c += Vector128.WidenLower(high).AsInt32() * weight;
                d += Vector128.WidenUpper(high).AsInt32() * weight;
            }

            Vector128.Narrow(Vector128.Narrow(Clip(a), Clip(b)), Vector128.Narrow(Clip(c), Clip(d))).Store(result + x);
        }

        for (; x < length; x++)
        {
            int sum = Half;
            for (int t = 0; t < count; t++) sum += first[((long)t * length) + x] * weights[t];
            result[x] = (byte)Math.Clamp(sum >> ResampleTaps.Precision, 0, 255);
        }
    }

    private static Vector128<uint> Clip(Vector128<int> sum)
        => Vector128.Min(Vector128.Max(sum >> ResampleTaps.Precision, Vector128<int>.Zero), Vector128.Create(255)).AsUInt32();
}
