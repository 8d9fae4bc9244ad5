using System.Text;
using CsAligner.Data.Images;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>Draws icons on white.</summary>
internal static class IconRasterizer
{
    /// <summary>
    /// Draws one icon: size x size bytes where it has no colours (grey, 255 is white), else three per pixel.
    /// Null: it is broken, and why.
    /// </summary>
    public static byte[]? Draw(IconShape shape, int size, byte[] rgba, out string? error)
    {
        byte[] svg = Encoding.UTF8.GetBytes(shape.ToSvg(size));
        if (svg.Length > SvgGuard.MaxBytes)
        {
            error = $"its SVG has {svg.Length} bytes";
            return null;
        }

        try
        {
            // The guard reads text as hostile; it also costs a third of the time of drawing, so that pinned, hash-checked
            // packages skip its document pass when nothing in the text can refer to anything.
            bool plain = !shape.Body.Contains("url(", StringComparison.Ordinal) && !shape.Body.Contains("href", StringComparison.Ordinal)
                && !shape.Body.Contains("<!", StringComparison.Ordinal) && !shape.Body.Contains("<image", StringComparison.Ordinal);
            if (!plain)
                svg = SvgGuard.Check(svg, size);
        }
        catch (InputException e)
        {
            error = e.Message;
            return null;
        }

        if (!ImageRasterizer.TryDraw(svg, size, rgba, out error))
            return null;
        return OnWhite(rgba.AsSpan(0, size * size * 4), out error);
    }

    private static byte[]? OnWhite(ReadOnlySpan<byte> rgba, out string? error)
    {
        int pixels = rgba.Length / 4;
        var rgb = new byte[pixels * 3];
        bool grey = true, blank = true;
        for (int i = 0; i < pixels; i++)
        {
            int alpha = rgba[4 * i + 3];
            for (int c = 0; c < 3; c++)
                rgb[3 * i + c] = (byte)((rgba[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
            grey &= rgb[3 * i] == rgb[3 * i + 1] && rgb[3 * i] == rgb[3 * i + 2];
            blank &= (rgb[3 * i] & rgb[3 * i + 1] & rgb[3 * i + 2]) == 255;
        }

        error = blank ? "it is blank on white" : null;
        if (blank)
            return null;
        if (!grey)
            return rgb;
        var ink = new byte[pixels];
        for (int i = 0; i < pixels; i++)
            ink[i] = rgb[3 * i];
        return ink;
    }
}
