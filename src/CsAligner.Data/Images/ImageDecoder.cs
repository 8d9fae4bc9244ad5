using CsAligner.Data.Interop;
using CsAligner.Tensors;

namespace CsAligner.Data.Images;

/// <summary>Decodes PNG, JPEG and WebP with libvips. Safe to use from several threads at once.</summary>
public static unsafe class ImageDecoder
{
    /// <summary>Pictures with more pixels are refused before they are decoded.</summary>
    public const long MaxPixels = 268_402_689;

    private const int TruncatedIsAnError = 1; // VIPS_FAIL_ON_TRUNCATED
    private const int StandardRgb = 22; // VIPS_INTERPRETATION_sRGB

    /// <summary>
    /// Decodes a picture to 8-bit RGB. It is turned as its EXIF orientation says. 16 bits a channel lose their lower 8. Grey, palettes
    /// and single bits become the RGB they stand for. CMYK goes through libvips' colour profile of a press,
    /// which is not what Pillow gives. RGB stays the numbers it is, as in Pillow: a colour profile within the file is not applied. Of
    /// an animation the first picture is taken.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="transparency">What becomes of transparency.</param>
    /// <exception cref="InputException">Another format, truncated, damaged, too large, or no libvips.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, Transparency transparency = Transparency.White)
    {
        string loader = Loader(file) ?? throw new InputException($"cannot decode {name}: it is neither PNG, JPEG nor WebP; convert it to one of them");
        fixed (byte* data = file)
        {
            nint image = Open(loader, data, file.Length, name);
            try
            {
                Check(image, name);
                image = Replace(image, "autorot", name);
                image = Replace(image, "colourspace", name, (ref VipsOperation operation) => operation.SetEnum("space", NativeVips.vips_interpretation_get_type(), StandardRgb));
                return Read(image, name, transparency);
            }
            finally
            {
                if (image != 0)
                    NativeVips.g_object_unref(image);
            }
        }
    }

    private delegate void Setting(ref VipsOperation operation);

    private static string? Loader(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return "pngload_buffer";
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return "jpegload_buffer";
        return file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? "webpload_buffer" : null;
    }

    private static nint Open(string loader, byte* data, int length, string name)
    {
        var load = new VipsOperation(loader);
        try
        {
            load.SetBuffer("buffer", data, length);
            load.SetEnum("fail-on", NativeVips.vips_fail_on_get_type(), TruncatedIsAnError);
            nint image = load.Build();
            return image != 0 ? image : throw Damaged(name);
        }
        finally
        {
            load.Dispose();
        }
    }

    private static void Check(nint image, string name)
    {
        long width = NativeVips.vips_image_get_width(image), height = NativeVips.vips_image_get_height(image);
        if (width * height > MaxPixels)
            throw new InputException($"cannot decode {name}: it has {width} x {height} pixels, at most {MaxPixels} in all are decoded; make it smaller");
    }

    /// <summary>Gives the result of a one-image operation and lets go of its input, which the result keeps as long as it needs it.</summary>
    private static nint Replace(nint image, string operation, string name, Setting? setting = null)
    {
        var step = new VipsOperation(operation);
        try
        {
            step.SetImage("in", image);
            setting?.Invoke(ref step);
            nint result = step.Build();
            if (result == 0)
                throw Damaged(name);
            NativeVips.g_object_unref(image);
            return result;
        }
        finally
        {
            step.Dispose();
        }
    }

    private static RgbImage Read(nint image, string name, Transparency transparency)
    {
        int width = NativeVips.vips_image_get_width(image), height = NativeVips.vips_image_get_height(image), bands = NativeVips.vips_image_get_bands(image);
        if (NativeVips.vips_image_get_format(image) != 0 || bands is not (3 or 4))
            throw new InputException($"cannot decode {name}: its pixels are of a kind that is not supported; convert it to an 8-bit RGB picture");
        if ((long)width * height * bands > Array.MaxLength)
            throw new InputException($"cannot decode {name}: it has {width} x {height} pixels, which do not fit in memory; make it smaller");
        var pixels = new byte[width * height * bands];
        if (!VipsOperation.TryRead(image, pixels))
            throw Damaged(name);
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

    private static InputException Damaged(string name) =>
        new($"cannot decode {name}: {VipsLibrary.TakeError()}; the file is damaged or cut short: get it again");
}
