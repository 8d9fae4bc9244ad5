using System.Runtime.InteropServices;
using CsAligner.Tensors.Kernels.Images;
using CsAligner.Tensors.Tests.Interop;

namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>The resampler against its definition in plain loops, byte for byte; that the definition is Pillow's is shown beside the
/// preprocessing.</summary>
public sealed class ResampleKernelTests
{
    [Fact]
    public void Every_width_and_window_gives_the_bytes_of_the_definition()
    {
        var random = new RandomGenerator(3);
        for (int i = 0; i < 300; i++)
        {
            int width = 1 + random.Next(70), height = 1 + random.Next(70);
            int across = 1 + random.Next(50), down = 1 + random.Next(50);
            int columns = 1 + random.Next(across), rows = 1 + random.Next(down);
            int left = random.Next(across - columns + 1), top = random.Next(down - rows + 1);
            using var source = new GuardedFloats(((width * height * 3) + 3) / 4);
            using var target = new GuardedFloats(((columns * rows * 3) + 3) / 4);
            Span<byte> from = MemoryMarshal.AsBytes(source.Span)[^(width * height * 3)..],
                to = MemoryMarshal.AsBytes(target.Span)[^(columns * rows * 3)..];
            // Extremes overshoot and are clipped; noise is between them.
            foreach (ref byte value in from) value = random.Next(3) switch { 0 => 0, 1 => 255, _ => (byte)random.Next(256) };
            ResampleKernel.Run(from, width, new ResampleTaps(width, across, left, columns), new ResampleTaps(height, down, top, rows), to);
            byte[] expected = Window(Definition(from.ToArray(), width, height, across, down), across, left, top, columns, rows);
            Assert.True(expected.AsSpan().SequenceEqual(to),
                $"{width} x {height} to {across} x {down}, window {columns} x {rows} from {left}, {top}");
        }
    }

    [Fact]
    public void A_picture_of_the_size_asked_for_stays_as_it_is()
    {
        byte[] rgb = [.. Enumerable.Range(0, 37 * 23 * 3).Select(i => (byte)(i * 91))];
        var same = new byte[rgb.Length];
        ResampleKernel.Run(rgb, 37, new ResampleTaps(37, 37, 0, 37), new ResampleTaps(23, 23, 0, 23), same);
        Assert.Equal(rgb, same);
    }

    [Fact]
    public void One_colour_stays_that_colour()
    {
        byte[] rgb = [.. Enumerable.Repeat((byte[])[255, 7, 0], 61 * 89).SelectMany(pixel => pixel)];
        var result = new byte[30 * 45 * 3];
        ResampleKernel.Run(rgb, 61, new ResampleTaps(61, 30, 0, 30), new ResampleTaps(89, 45, 0, 45), result);
        Assert.All(result.Chunk(3), pixel => Assert.Equal([255, 7, 0], pixel));
    }

    private static byte[] Definition(byte[] rgb, int width, int height, int across, int down)
    {
        byte[] middle = Axis(rgb, height, width * 3, 3, width, across);
        return Axis(middle, across * 3, 1, across * 3, height, down, transposed: true);
    }

    // One axis: lines of them, each of inputs pixels that lie a step apart, becomes lines of outputs pixels.
    private static byte[] Axis(byte[] source, int lines, int lineStep, int step, int inputs, int outputs, bool transposed = false)
    {
        int channels = transposed ? 1 : 3;
        var result = new byte[lines * outputs * channels];
        double scale = (double)inputs / outputs, stretch = Math.Max(1, scale);
        for (int o = 0; o < outputs; o++)
        {
            double centre = (o + 0.5) * scale;
            int begin = Math.Max(0, (int)(centre - (2 * stretch) + 0.5)), end = Math.Min(inputs, (int)(centre + (2 * stretch) + 0.5));
            double[] exact = [.. Enumerable.Range(begin, end - begin).Select(i => Cubic((i - centre + 0.5) * (1 / stretch)))];
            double sum = exact.Aggregate(0.0, (a, b) => a + b);
            int[] weights = [.. exact.Select(w => w / sum).Select(w => (int)((w < 0 ? -0.5 : 0.5) + (w * 4194304)))];
            for (int line = 0; line < lines; line++)
            {
                for (int c = 0; c < channels; c++)
                {
                    long total = 2097152;
                    for (int t = 0; t < weights.Length; t++)
                        total += (long)weights[t] * source[(line * lineStep) + ((begin + t) * step) + c];
                    int place = transposed ? (o * lines) + line : (((line * outputs) + o) * 3) + c;
                    result[place] = (byte)Math.Clamp(total >> 22, 0, 255);
                }
            }
        }

        return result;
    }

    private static byte[] Window(byte[] rgb, int width, int left, int top, int columns, int rows)
        => [.. Enumerable.Range(top, rows).SelectMany(y => rgb.AsSpan(((y * width) + left) * 3, columns * 3).ToArray())];

    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1 : x < 2 ? (((((x - 5) * x) + 8) * x) - 4) * -0.5 : 0;
    }
}
