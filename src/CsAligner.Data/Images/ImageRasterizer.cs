using CsAligner.Tensors;
using NetVips;

namespace CsAligner.Data.Images;

/// <summary>Draws SVG with libvips (librsvg). Safe to use from several threads at once.</summary>
public static class ImageRasterizer
{
    /// <summary>The largest side that pictures are drawn at, in pixels.</summary>
    public const int MaxSize = 4096;

    /// <summary>
    /// Draws a picture into a square, keeping its proportions, centred, on transparent ground.
    /// The SVG may be hostile: see <see cref="SvgGuard"/> for the checks.
    /// </summary>
    /// <param name="svg">The UTF-8 text of the SVG.</param>
    /// <param name="size">The side of the square in pixels, 1 to <see cref="MaxSize"/>.</param>
    /// <returns>size x size pixels of 4 bytes, row by row: red, green, blue (straight, not multiplied by alpha), alpha.</returns>
    /// <exception cref="InputException">Not an SVG; too large, too deep or too costly to draw.</exception>
    public static byte[] SvgToRgba(ReadOnlySpan<byte> svg, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        var pixels = new byte[size * size * 4];
        if (TryDraw(SvgGuard.Check(svg, size), size, pixels, out string? error))
            return pixels;
        throw new InputException($"cannot render the SVG: {error}; open it in a browser to see what is wrong");
    }

    /// <summary>Draws text that <see cref="SvgGuard"/> or our own code has given its outer size.</summary>
    internal static bool TryDraw(byte[] svg, int size, Span<byte> rgba, out string? error)
    {
        ImageLibrary.Load();
        error = null;
        try
        {
            using Image image = Image.SvgloadBuffer(svg);
            if (image.Width != size || image.Height != size || image.Bands != 4)
            {
                error = $"expected {size} x {size} pixels with alpha, the renderer gives {image.Width} x {image.Height}";
                return false;
            }

            image.WriteToMemory<byte>().CopyTo(rgba);
            return true;
        }
        catch (VipsException failure)
        {
            error = ImageLibrary.Message(failure);
            return false;
        }
    }
}
