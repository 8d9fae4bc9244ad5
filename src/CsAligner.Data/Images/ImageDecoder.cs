using CsAligner.Tensors;
using NetVips;

namespace CsAligner.Data.Images;

/// <summary>Decodes PNG, JPEG and WebP with libvips. Safe to use from several threads at once.</summary>
public static class ImageDecoder
{
    /// <summary>Pictures with more pixels are refused before they are decoded.</summary>
    public const long MaxPixels = 268_402_689;

    /// <summary>
    /// Decodes a picture to 8-bit RGB. It is turned as its EXIF orientation says. 16 bits a channel lose their lower 8. Grey, palettes
    /// and single bits become the RGB they stand for. CMYK goes through libvips' colour profile of a press,
    /// which is not what Pillow gives. RGB stays the numbers it is, as in Pillow: a colour profile within the file is not applied. Of
    /// an animation the first picture is taken.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">Its name in errors.</param>
    /// <param name="transparency">How transparency is handled.</param>
    /// <param name="limits">Refuses larger pictures before they are decoded; null: at most <see cref="MaxPixels"/>.</param>
    /// <exception cref="InputException">Another format, truncated, damaged, or too large.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, Transparency transparency = Transparency.White,
        PictureLimits? limits = null)
    {
        limits ??= new PictureLimits();
        Loader load = LoaderOf(file)
            ?? throw new InputException($"cannot decode {name}: it is neither PNG, JPEG nor WebP; convert it to one of them");
        ImageLibrary.Load();
        try
        {
            using Image image = load(file.ToArray());
            limits.Check(image.Width, image.Height, name);
            // Both would copy a picture that is already right, and for small pictures the calls take as long as everything else.
            using Image? upright = image.Contains("orientation") ? image.Autorot() : null;
            Image turned = upright ?? image;
            using Image? rgb = turned.Interpretation == Enums.Interpretation.Srgb && turned.Format == Enums.BandFormat.Uchar
                ? null
                : turned.Colourspace(Enums.Interpretation.Srgb);
            return Read(rgb ?? turned, name, transparency);
        }
        catch (VipsException failure)
        {
            throw new InputException(
                $"cannot decode {name}: {ImageLibrary.Message(failure)}; the file is damaged or cut short: get it again", failure);
        }
    }

    private delegate Image Loader(byte[] file);

    // A loader by its name, never libvips' own choice: that would let in every format that it knows.
    private static Loader? LoaderOf(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngFile.Signature))
            return bytes => Image.PngloadBuffer(bytes, failOn: Enums.FailOn.Truncated);
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return bytes => Image.JpegloadBuffer(bytes, failOn: Enums.FailOn.Truncated);
        return file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8)
            ? bytes => Image.WebploadBuffer(bytes, failOn: Enums.FailOn.Truncated)
            : null;
    }

    private static RgbImage Read(Image image, string name, Transparency transparency)
    {
        int width = image.Width, height = image.Height, bands = image.Bands;
        if (image.Format != Enums.BandFormat.Uchar || bands is not (3 or 4))
            throw new InputException(
                $"cannot decode {name}: its pixel format is not supported; convert it to an 8-bit RGB picture");
        if ((long)width * height * bands > Array.MaxLength)
            throw new InputException(
                $"cannot decode {name}: it has {width} x {height} pixels, which do not fit in memory; make it smaller");
        byte[] pixels = image.WriteToMemory<byte>();
        return new RgbImage(width, height, bands == 3 ? pixels : WithoutAlpha(pixels, transparency));
    }

    private static byte[] WithoutAlpha(byte[] rgba, Transparency transparency)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            int alpha = transparency == Transparency.White ? rgba[from + 3] : 255;
            for (int c = 0; c < 3; c++)
                rgb[to + c] = (byte)((rgba[from + c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }

        return rgb;
    }
}
