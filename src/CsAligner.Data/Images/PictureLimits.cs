using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Data.Images;

/// <summary>How large a picture may be to be decoded.</summary>
/// <param name="MaxPixels">Pixels in all.</param>
/// <param name="MaxSide">Pixels across, and pixels down.</param>
public sealed record PictureLimits(long MaxPixels = ImageDecoder.MaxPixels, int MaxSide = int.MaxValue)
{
    internal void Check(int width, int height, string name)
    {
        if ((long)width * height > MaxPixels)
            throw new InputException(string.Create(CultureInfo.InvariantCulture,
                $"cannot decode {name}: it has {width} x {height} pixels; the limit is {MaxPixels} in total: make it smaller"));
        if (width > MaxSide || height > MaxSide)
            throw new InputException(string.Create(CultureInfo.InvariantCulture,
                $"cannot decode {name}: it has {width} x {height} pixels; the limit is {MaxSide} a side: make it smaller"));
    }
}
