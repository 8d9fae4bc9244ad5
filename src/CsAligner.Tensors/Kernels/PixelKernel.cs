namespace CsAligner.Tensors.Kernels;

/// <summary>8-bit interleaved RGB to normalised float planes.</summary>
internal static unsafe class PixelKernel
{
    /// <summary>planes[image, channel, pixel] = (rgb[image, pixel, channel] / 255 - mean) / deviation.</summary>
    public static void Normalize(ReadOnlySpan<byte> rgb, Span<float> planes, int pixels, float[] mean, float[] deviation)
    {
        // One table per channel: 256 values are fewer than the pixels of the smallest image.
        var table = new float[3 * 256];
        for (int c = 0; c < 3; c++)
        {
            for (int value = 0; value < 256; value++) table[(c * 256) + value] = ((value / 255f) - mean[c]) / deviation[c];
        }

        fixed (byte* source = rgb)
        fixed (float* target = planes)
        {
            byte* from = source;
            float* to = target;
            Workers.For(rgb.Length / (3 * pixels), image =>
            {
                byte* interleaved = from + ((long)image * 3 * pixels);
                float* red = to + ((long)image * 3 * pixels);
                for (int i = 0; i < pixels; i++, interleaved += 3)
                {
                    red[i] = table[interleaved[0]];
                    red[pixels + i] = table[256 + interleaved[1]];
                    red[(2 * pixels) + i] = table[512 + interleaved[2]];
                }
            });
        }
    }
}
