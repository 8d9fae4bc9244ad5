using CsAligner.Data.Interop;
using CsAligner.Tensors;

namespace CsAligner.Data.Images;

/// <summary>Draws SVG with libvips (librsvg). Safe to use from several threads at once.</summary>
public static unsafe class ImageRasterizer
{
    /// <summary>The largest side that pictures are drawn at, in pixels.</summary>
    public const int MaxSize = 4096;

    /// <summary>
    /// Draws a picture into a square, keeping its proportions, centred, on transparent ground.
    /// The SVG may be hostile: see <see cref="SvgGuard"/> for what is refused.
    /// </summary>
    /// <param name="svg">The UTF-8 text of the SVG.</param>
    /// <param name="size">The side of the square in pixels, 1 to <see cref="MaxSize"/>.</param>
    /// <returns>size x size pixels of 4 bytes, row by row: red, green, blue (straight, not multiplied by alpha), alpha.</returns>
    /// <exception cref="InputException">No libvips; not an SVG; too large, too deep or too costly to draw.</exception>
    public static byte[] SvgToRgba(ReadOnlySpan<byte> svg, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        var pixels = new byte[size * size * 4];
        if (TryDraw(SvgGuard.Check(svg, size), size, pixels, out string? error))
            return pixels;
        throw new InputException($"cannot draw the SVG: {error}; open it in a browser to see what is wrong with it");
    }

    /// <summary>Draws text that <see cref="SvgGuard"/> or our own code has given its outer size.</summary>
    internal static bool TryDraw(ReadOnlySpan<byte> svg, int size, Span<byte> rgba, out string? error)
    {
        error = null;
        fixed (byte* data = svg)
        {
            using var load = new VipsOperation("svgload_buffer");
            load.SetBuffer("buffer", data, svg.Length);
            nint image = load.Build();
            if (image == 0)
            {
                error = VipsLibrary.TakeError();
                return false;
            }

            try
            {
                int width = NativeVips.vips_image_get_width(image), height = NativeVips.vips_image_get_height(image);
                if (width != size || height != size || NativeVips.vips_image_get_bands(image) != 4)
                {
                    error = $"expected {size} x {size} pixels with alpha, the renderer gives {width} x {height}";
                    return false;
                }

                if (VipsOperation.TryRead(image, rgba))
                    return true;
                error = VipsLibrary.TakeError();
                return false;
            }
            finally
            {
                NativeVips.g_object_unref(image);
            }
        }
    }
}
