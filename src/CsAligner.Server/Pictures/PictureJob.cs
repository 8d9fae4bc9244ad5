using System.Buffers.Binary;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Server.Pictures;

/// <summary>What a process that decodes pictures is asked to do, and how it travels there: numbers of four or eight bytes, little-endian,
/// then the file.</summary>
/// <param name="ThumbnailSide">Make a small picture with this longer side; 0 makes a model's input.</param>
/// <param name="Size">The model's <see cref="ImagePreprocessing.ImageSize"/>.</param>
/// <param name="ShortSide">The model's <see cref="ImagePreprocessing.ShortSide"/>.</param>
/// <param name="Resize">The model's <see cref="ImagePreprocessing.Resize"/>.</param>
/// <param name="Filter">The model's <see cref="ImagePreprocessing.Filter"/>.</param>
/// <param name="Limits">How large the picture may be.</param>
internal sealed record PictureJob(int ThumbnailSide, int Size, int ShortSide, ResizeRule Resize, ResampleFilter Filter,
    PictureLimits Limits)
{
    /// <summary>Bytes of the numbers, that of the file's length included.</summary>
    public const int HeaderBytes = 36;

    /// <summary>The most bytes of a file or an answer.</summary>
    public const int MostBytes = 1 << 28;

    public static PictureJob ForModel(ImagePreprocessing model, PictureLimits limits) =>
        new(0, model.ImageSize, model.ShortSide, model.Resize, model.Filter, limits);

    public static PictureJob ForThumbnail(int side, PictureLimits limits) => new(side, 0, 0, default, default, limits);

    public byte[] Header(int fileBytes)
    {
        var header = new byte[HeaderBytes];
        int[] numbers = [ThumbnailSide, Size, ShortSide, (int)Resize, (int)Filter, Limits.MaxSide, fileBytes];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4 * i), numbers[i]);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(28), Limits.MaxPixels);
        return header;
    }

    public static (PictureJob Job, int FileBytes) Read(ReadOnlySpan<byte> header)
    {
        var numbers = new int[7];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(header[(4 * i)..]);
        var limits = new PictureLimits(BinaryPrimitives.ReadInt64LittleEndian(header[28..]), numbers[5]);
        return (new PictureJob(numbers[0], numbers[1], numbers[2], (ResizeRule)numbers[3], (ResampleFilter)numbers[4], limits), numbers[6]);
    }

    /// <summary>Does it.</summary>
    /// <exception cref="InputException">The picture cannot be decoded.</exception>
    public byte[] Run(byte[] file)
    {
        RgbImage picture = ImageDecoder.Decode(file, "the picture", Transparency.White, Limits);
        if (ThumbnailSide > 0) return Thumbnail.Encode(picture, ThumbnailSide);
        var model = new ImagePreprocessing(Size, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation)
        {
            ShortSide = ShortSide,
            Resize = Resize,
            Filter = Filter,
        };
        var pixels = new byte[3 * Size * Size];
        model.Fit(picture.Pixels, picture.Width, picture.Height, pixels);
        return pixels;
    }
}
