using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Images;

/// <summary>8-bit interleaved RGB to normalised float planes.</summary>
internal static unsafe class PixelKernel
{
    /// <summary>planes[image, channel, pixel] = (rgb[image, pixel, channel] / 255 - mean) / deviation.</summary>
    public static void Normalize(ReadOnlySpan<byte> rgb, Span<float> planes, int pixels, float scale, float[] mean, float[] deviation,
        bool reversed = false)
    {
        // One table per channel: 256 values are fewer than the pixels of the smallest image.
        var table = new float[3 * 256];
        for (int c = 0; c < 3; c++)
        {
            for (int value = 0; value < 256; value++)
                table[(c * 256) + value] = ((float)(value * (double)scale / 255) - mean[c]) / deviation[c];
        }

        fixed (byte* source = rgb)
        fixed (float* target = planes)
        {
            byte* from = source;
            float* to = target;
            Workers.For(rgb.Length / (3 * pixels), image =>
            {
                byte* interleaved = from + ((long)image * 3 * pixels);
                float* first = to + ((long)image * 3 * pixels);
                int red = reversed ? 2 : 0, blue = 2 - red;
                for (int i = 0; i < pixels; i++, interleaved += 3)
                {
                    first[i] = table[interleaved[red]];
                    first[pixels + i] = table[256 + interleaved[1]];
                    first[(2 * pixels) + i] = table[512 + interleaved[blue]];
                }
            });
        }
    }

    /// <summary>
    /// As <see cref="Normalize"/>, each image first scaled about its centre and moved: zooms holds (scale, right, down)
    /// per image, moves in pixels. Bilinear; white comes in at the edges.
    /// </summary>
    public static void ZoomAndNormalize(ReadOnlySpan<byte> rgb, Span<float> planes, int side, float[] mean, float[] deviation,
        ReadOnlySpan<float> zooms)
    {
        int pixels = side * side;
        fixed (byte* source = rgb)
        fixed (float* target = planes, zoom = zooms)
        {
            byte* from = source;
            float* to = target, moves = zoom;
            Workers.For(rgb.Length / (3 * pixels), image =>
            {
                byte* interleaved = from + ((long)image * 3 * pixels);
                float* red = to + ((long)image * 3 * pixels);
                float inverse = 1 / moves[3 * image], centre = (side - 1) * 0.5f;
                for (int i = 0; i < pixels; i++)
                {
                    float x = ((i % side) - moves[(3 * image) + 1] - centre) * inverse + centre;
                    float y = ((i / side) - moves[(3 * image) + 2] - centre) * inverse + centre;
                    int left = (int)MathF.Floor(x), top = (int)MathF.Floor(y);
                    float right = x - left, down = y - top;
                    for (int c = 0; c < 3; c++)
                    {
                        float upper = Pixel(interleaved, side, left, top, c) * (1 - right)
                            + Pixel(interleaved, side, left + 1, top, c) * right;
                        float lower = Pixel(interleaved, side, left, top + 1, c) * (1 - right)
                            + Pixel(interleaved, side, left + 1, top + 1, c) * right;
                        red[(c * pixels) + i] = ((((upper * (1 - down)) + (lower * down)) / 255f) - mean[c]) / deviation[c];
                    }
                }
            });
        }
    }

    private static float Pixel(byte* rgb, int side, int x, int y, int channel)
        => (uint)x < (uint)side && (uint)y < (uint)side ? rgb[(((y * side) + x) * 3) + channel] : 255;
}
