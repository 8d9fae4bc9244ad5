using CsAligner.Tensors;
using NetVips;

namespace CsAligner.Data.Images;

/// <summary>Small pictures to look at.</summary>
public static class Thumbnail
{
    private const int Quality = 85;

    /// <summary>A picture whose longer side is at most so many pixels, as WebP; a smaller one keeps its size.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="side">1 to 4,096.</param>
    /// <exception cref="InputException">libvips cannot write it.</exception>
    public static byte[] Encode(RgbImage image, int side)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, ImageRasterizer.MaxSize);
        ImageLibrary.Load();
        try
        {
            using Image whole = Image.NewFromMemory(image.Pixels, image.Width, image.Height, 3, Enums.BandFormat.Uchar);
            using Image rgb = whole.Copy(interpretation: Enums.Interpretation.Srgb);
            double scale = Math.Min(1, (double)side / Math.Max(image.Width, image.Height));
            using Image? small = scale == 1 ? null : rgb.Resize(scale, vscale: Math.Max(scale, 1.0 / image.Height));
            return (small ?? rgb).WebpsaveBuffer(q: Quality);
        }
        catch (VipsException failure)
        {
            throw new InputException($"cannot make a small picture of {image.Width} x {image.Height} pixels: "
                + ImageLibrary.Message(failure), failure);
        }
    }
}
