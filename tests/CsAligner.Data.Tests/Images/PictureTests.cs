using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Images;

/// <summary>
/// Pictures of many formats on their way into a CLIP against what Pillow makes of them: Golden/pictures, whose script says how.
/// Bytes are compared; after mean and deviation a byte is 1/255.
/// </summary>
public sealed class PictureTests
{
    private const int Size = 40;

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "CsAligner.Data.Tests", "Golden", "pictures");

    [Theory]
    [InlineData("colour.png")]
    [InlineData("grey.png")]
    [InlineData("bilevel.png")]
    [InlineData("palette.png")]
    [InlineData("alpha.png")]
    [InlineData("grey-alpha.png")]
    [InlineData("palette-alpha.png")]
    [InlineData("lossless.webp")]
    [InlineData("alpha.webp")]
    [InlineData("rgb-16.png")]
    [InlineData("profile.png")]
    [InlineData("animation.webp")]
    public void Lossless_pictures_become_the_bytes_of_pillow(string name)
    {
        Assert.Equal(0, Difference(Read(name + ".fit.png").Pixels, Fit(Read(name))));
    }

    [Theory]
    [InlineData("alpha.png")]
    [InlineData("grey-alpha.png")]
    [InlineData("palette-alpha.png")]
    [InlineData("alpha.webp")]
    public void Dropped_transparency_shows_the_colours_that_pillow_shows(string name)
    {
        Assert.Equal(0, Difference(Read(name + ".dropped.png").Pixels, Fit(Read(name, Transparency.Dropped))));
        Assert.NotEqual(0, Difference(Read(name + ".dropped.png").Pixels, Fit(Read(name))));
    }

    [Theory]
    [InlineData("colour-420.jpg")]
    [InlineData("colour-444.jpg")]
    [InlineData("progressive-422.jpg")]
    [InlineData("grey.jpg")]
    [InlineData("turned.jpg")]
    [InlineData("lossy.webp")]
    public void Lossy_pictures_are_resized_to_the_bytes_of_pillow_and_decoded_to_almost_the_same(string name)
    {
        RgbImage decoded = Read(name + ".decoded.png"), own = Read(name);
        Assert.Equal(0, Difference(Read(name + ".fit.png").Pixels, Fit(decoded)));
        Assert.Equal((decoded.Width, decoded.Height), (own.Width, own.Height));

        // Byte for byte with the libvips of NetVips.Native; another build of the decoders may round otherwise.
        Assert.InRange(Difference(decoded.Pixels, own.Pixels), 0, 2);
    }

    [Fact]
    public void Sixteen_bits_lose_their_lower_eight()
    {
        RgbImage image = Read("grey-16.png");
        for (int i = 0; i < 48 * 40; i++)
            Assert.Equal((byte)((i * 34) >> 8), image.Pixels[3 * i]);
    }

    [Fact]
    public void Cmyk_is_converted_by_a_profile_and_not_as_pillow_does()
    {
        RgbImage decoded = Read("cmyk.jpg.decoded.png"), own = Read("cmyk.jpg");
        Assert.Equal((decoded.Width, decoded.Height), (own.Width, own.Height));
        // 17 on average here: Pillow takes 255 minus the ink, libvips asks a profile of a press.
        double mean = decoded.Pixels.Zip(own.Pixels).Average(p => Math.Abs(p.First - p.Second));
        Assert.InRange(mean, 1, 60);
    }

    private static RgbImage Read(string name, Transparency transparency = Transparency.White) =>
        ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(Folder, name)), name, transparency);

    private static byte[] Fit(RgbImage image)
    {
        var fitted = new byte[Size * Size * 3];
        new ImagePreprocessing(Size, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation).Fit(image.Pixels, image.Width,
            image.Height, fitted);
        return fitted;
    }

    private static int Difference(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        return expected.Zip(actual).Max(p => Math.Abs(p.First - p.Second));
    }
}
