using System.Text;
using CsAligner.Data.Images;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Images;

public class ImageTests
{
    private const string Open = "<svg xmlns=\"http://www.w3.org/2000/svg\" ";

    [Fact]
    public void A_picture_keeps_its_proportions_and_is_centred_on_transparent_ground()
    {
        byte[] rgba = Draw(Open + "width=\"20\" height=\"10\"><rect width=\"20\" height=\"10\" fill=\"#ff8000\"/></svg>", 64);
        Assert.Equal([0, 0, 0, 0], Pixel(rgba, 32, 8));
        Assert.Equal([255, 128, 0, 255], Pixel(rgba, 1, 32));
        Assert.Equal([255, 128, 0, 255], Pixel(rgba, 62, 20));
        Assert.Equal([0, 0, 0, 0], Pixel(rgba, 32, 56));
    }

    [Fact]
    public void Colours_are_not_multiplied_by_alpha()
    {
        byte[] pixel =
            Pixel(Draw(Open + "viewBox=\"0 0 1 1\"><rect width=\"1\" height=\"1\" fill=\"#ff0000\" opacity=\"0.5\"/></svg>", 64), 30, 30);
        Assert.Equal(255, pixel[0]);
        Assert.InRange(pixel[3], 127, 128);
    }

    [Fact]
    public void Many_threads_draw_the_same_bytes()
    {
        string[] svgs =
            [.. Enumerable.Range(1, 40)
                .Select(i => Open + $"viewBox=\"0 0 48 48\"><circle cx=\"24\" cy=\"24\" r=\"{i / 2.0}\" stroke=\"#{i * 3:x2}40ff\" "
                    + "stroke-width=\"3\" fill=\"none\"/></svg>")];
        byte[][] alone = [.. svgs.Select(s => Draw(s, 64))];
        var together = new byte[svgs.Length][];
        Parallel.For(0, svgs.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => together[i] = Draw(svgs[i], 64));
        Assert.Equal(alone, together);
    }

    [Fact]
    public void Nested_masks_within_the_limits_are_drawn_in_bounded_time_and_memory()
    {
        var text = new StringBuilder(Open + "viewBox=\"0 0 10 10\">");
        for (int i = 0; i < 80; i++)
            text.Append($"<g filter=\"url(#f)\">");
        text.Append("<filter id=\"f\"><feGaussianBlur stdDeviation=\"1e9\"/></filter><rect width=\"1e30\" height=\"1e30\"/>");
        text.Append(string.Concat(Enumerable.Repeat("</g>", 80)) + "</svg>");
        long before = Environment.WorkingSet;
        Exception? failure = Record.Exception(() => Draw(text.ToString(), 64));
        Assert.True(failure is null or InputException, failure?.ToString());
        Assert.True(Environment.WorkingSet - before < 1L << 30);
    }

    [Fact]
    public void A_png_comes_back_as_it_was_written()
    {
        byte[] rgb = [.. Enumerable.Range(0, 5 * 3 * 3).Select(i => (byte)(i * 5))];
        RgbImage image = ImageDecoder.Decode(PngFile.Encode(rgb, 5, 3), "sample.png");
        Assert.Equal((5, 3), (image.Width, image.Height));
        Assert.Equal(rgb, image.Pixels);
    }

    [Fact]
    public void A_truncated_png_is_refused_and_not_shown_half()
    {
        var random = new RandomGenerator(1);
        byte[] rgb = [.. Enumerable.Range(0, 64 * 64 * 3).Select(_ => (byte)random.Next(256))];
        byte[] png = PngFile.Encode(rgb, 64, 64);
        foreach (int length in (int[])[png.Length / 2, png.Length - 400, 20, 8])
        {
            var failure = Assert.Throws<InputException>(() => ImageDecoder.Decode(png.AsSpan(0, length), "half.png"));
            Assert.Contains("cannot decode half.png", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_png_that_declares_100000_x_100000_pixels_is_refused_before_it_is_decoded()
    {
        byte[] png = PngFile.Encode(new byte[3], 1, 1);
        // The header's width and height, and its checksum anew.
        new byte[] { 0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0 }.CopyTo(png, 16);
        uint crc = uint.MaxValue;
        foreach (byte b in png.AsSpan(12, 17))
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), ~crc);
        var failure = Assert.Throws<InputException>(() => ImageDecoder.Decode(png, "bomb.png"));
        Assert.Contains("100000 x 100000 pixels", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GIF89a")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")]
    [InlineData("")]
    public void Other_formats_are_refused_by_their_first_bytes(string text) =>
        Assert.Contains("neither PNG, JPEG nor WebP",
            Assert.Throws<InputException>(() => ImageDecoder.Decode(Encoding.UTF8.GetBytes(text), "x")).Message, StringComparison.Ordinal);

    private static byte[] Draw(string svg, int size) => ImageRasterizer.SvgToRgba(Encoding.UTF8.GetBytes(svg), size);

    private static byte[] Pixel(byte[] rgba, int x, int y) => rgba[((y * 64 + x) * 4)..((y * 64 + x) * 4 + 4)];
}
