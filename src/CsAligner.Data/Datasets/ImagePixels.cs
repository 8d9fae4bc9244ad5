using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Datasets;

/// <summary>Images of samples as a model's input: decoded (<see cref="ImageDecoder"/>), resized and cropped
/// (<see cref="ImagePreprocessing.Fit"/>).</summary>
/// <param name="Preprocessing">The preprocessing that the model requires.</param>
/// <param name="Transparency">How transparency is handled.</param>
public sealed record ImagePixels(ImagePreprocessing Preprocessing, Transparency Transparency = Transparency.White)
{
    /// <summary>Bytes of one image.</summary>
    public int Length => 3 * Preprocessing.ImageSize * Preprocessing.ImageSize;

    /// <summary>Fills in the pixels of a sample that was loaded with its image. Safe from several threads.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="rgb">S x S x 3 bytes, S the model's image size.</param>
    /// <exception cref="InputException">The image is missing or cannot be decoded.</exception>
    public void Read(Sample sample, Span<byte> rgb)
    {
        ArgumentNullException.ThrowIfNull(sample);
        string name = sample.Shard is { } shard ? $"'{sample.Key}' of '{shard}'" : $"'{sample.Key}'";
        if (sample.Image.IsEmpty) throw new InputException($"cannot decode {name}: it is empty; get it again");
        if (sample.IsPrepared)
        {
            sample.Image.Span.CopyTo(rgb);
            return;
        }

        RgbImage image = ImageDecoder.Decode(sample.Image.Span, name, Transparency);
        Preprocessing.Fit(image.Pixels, image.Width, image.Height, rgb);
    }

    /// <summary>Fills in the pixels of a picture file. Safe from several threads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rgb">S x S x 3 bytes, S the model's image size.</param>
    /// <exception cref="InputException">The file cannot be read or decoded.</exception>
    public void ReadFile(string path, Span<byte> rgb)
    {
        try
        {
            Read(new Sample(path) { Image = RegularFile.ReadAll(path, SampleEntry.MaxImageBytes) }, rgb);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }
}
