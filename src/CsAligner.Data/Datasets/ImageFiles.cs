using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets;

/// <summary>
/// Picture files of a folder as a model's input: decoded (<see cref="ImageDecoder"/>), resized and cropped
/// (<see cref="ImagePreprocessing.Fit"/>). Each is read when it is asked for; that is safe from several threads.
/// </summary>
public sealed class ImageFiles
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];

    private readonly string _folder;
    private readonly ImagePreprocessing _preprocessing;
    private readonly Transparency _transparency;

    /// <summary>Some files of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">Paths relative to it.</param>
    /// <param name="preprocessing">What the model asks for.</param>
    /// <param name="transparency">What becomes of transparency.</param>
    public ImageFiles(string folder, IReadOnlyList<string> names, ImagePreprocessing preprocessing, Transparency transparency = Transparency.White)
        => (_folder, Names, _preprocessing, _transparency) = (folder, names, preprocessing, transparency);

    /// <summary>Paths relative to the folder, with '/' between their parts.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>All PNG, JPEG and WebP files of a folder and those below it, told by their names' endings, sorted by ordinal path.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="preprocessing">What the model asks for.</param>
    /// <param name="transparency">What becomes of transparency.</param>
    /// <exception cref="InputException">There is no such folder, it cannot be listed, or it has no pictures.</exception>
    public static ImageFiles Find(string folder, ImagePreprocessing preprocessing, Transparency transparency = Transparency.White)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"cannot read images of '{folder}': {(File.Exists(folder) ? "it is a file, a folder of images was expected" : "there is no such folder; check the path")}");
        try
        {
            string[] names = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)];
            return names.Length > 0
                ? new ImageFiles(folder, names, preprocessing, transparency)
                : throw new InputException($"cannot read images of '{folder}': it has no file that ends in {string.Join(", ", Extensions)}; give a folder that has");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read images of '{folder}': {failure.Message}", failure);
        }
    }

    /// <summary>Fills in one picture as <see cref="ImageReader"/> says.</summary>
    /// <param name="index">0 to the number of names - 1.</param>
    /// <param name="rgb">S x S x 3 bytes, S the model's image size.</param>
    /// <exception cref="InputException">The file cannot be read or decoded.</exception>
    public void Read(int index, Span<byte> rgb)
    {
        string path = Path.Combine(_folder, Names[index]);
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }

        RgbImage image = ImageDecoder.Decode(file, $"'{path}'", _transparency);
        _preprocessing.Fit(image.Pixels, image.Width, image.Height, rgb);
    }
}
