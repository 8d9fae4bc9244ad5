using CsAligner.Tensors;

namespace CsAligner.Onnx.Unclip;

/// <summary>
/// Bicubic enlargement (Keys' kernel, a = -0.5) with the kernel cut at the border and its weights brought to 1 again: what PyTorch
/// and Pillow do with antialiasing.
/// </summary>
internal static class PictureUpscale
{
    private const int Reach = 2;

    /// <summary>Enlarges [1, C, S, S] to [1, C, size, size].</summary>
    public static Tensor Bicubic(Tensor picture, int size)
    {
        int channels = picture.Shape[1], from = picture.Shape[2];
        var wide = new Tensor(1, channels, from, size);
        var result = new Tensor(1, channels, size, size);
        Resize(picture.Span, wide.Span, channels * from, from, size, 1);
        for (int c = 0; c < channels; c++)
        {
            Resize(wide.Span.Slice(c * from * size, from * size), result.Span.Slice(c * size * size, size * size), size, from, size, size);
        }

        return result;
    }

    // Lines of values that are `stride` apart: rows where it is 1, columns where it is their number.
    private static void Resize(ReadOnlySpan<float> source, Span<float> target, int lines, int from, int to, int stride)
    {
        Span<double> weights = stackalloc double[(2 * Reach) + 1];
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * from / to;
            int first = Math.Max(0, (int)(centre - Reach + 0.5)), end = Math.Min(from, (int)(centre + Reach + 0.5));
            double sum = 0;
            for (int k = first; k < end; k++) sum += weights[k - first] = Kernel(k + 0.5 - centre);
            for (int line = 0; line < lines; line++)
            {
                int begin = stride == 1 ? line * from : line;
                double value = 0;
                for (int k = first; k < end; k++) value += weights[k - first] / sum * source[begin + (k * stride)];
                target[(stride == 1 ? line * to : line) + (i * stride)] = (float)value;
            }
        }
    }

    private static double Kernel(double x)
    {
        x = Math.Abs(x);
        if (x >= Reach) return 0;
        return x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1 : ((((-0.5 * x) + 2.5) * x - 4) * x) + 2;
    }
}
