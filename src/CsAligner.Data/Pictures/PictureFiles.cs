using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Pictures;

/// <summary>Reads pictures that are files.</summary>
internal static class PictureFiles
{
    /// <summary>A sample with the file's bytes.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static Sample Read(string key, string file)
    {
        try
        {
            return new Sample(key) { Image = RegularFile.ReadAll(file, SampleEntry.MaxImageBytes) };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{file}': {failure.Message}", failure);
        }
    }
}
