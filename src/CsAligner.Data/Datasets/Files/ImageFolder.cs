using CsAligner.Data.Disk;
using CsAligner.Data.Images;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// All PNG, JPEG and WebP files of a folder and those below it (<see cref="FolderFiles"/>), without captions; overviews of others
/// (<see cref="GeneratedPictures"/>) are left out.
/// </summary>
internal static class ImageFolder
{
    /// <summary>The endings of pictures.</summary>
    public static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Files told by their names' endings, sorted by ordinal path.</summary>
    /// <exception cref="InputException">There is no such folder, it cannot be listed, or it has no pictures.</exception>
    public static FileSamples Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"cannot read images of '{folder}': " + (File.Exists(folder)
                ? "it is a file; expected a folder of images"
                : "there is no such folder; check the path"));
        try
        {
            var samples = new FileSamples(folder, folder, "picture", hasCaptions: false);
            int number = 0;
            foreach (string name in FolderFiles.Below(folder, IsImage)
                .Where(name => !GeneratedPictures.IsSheet(Path.Combine(folder, name))))
            {
                // Names that are not UTF-8 are read as question marks of a kind, and can be alike.
                if (!samples.TryAddImage(name, number, out _))
                    samples.AddProblem($"has the same name '{name}' as another file: its name on disk is not UTF-8; rename it", number);
                number++;
            }

            return number > 0
                ? samples.Complete(folder)
                : throw new InputException($"cannot read images of '{folder}': it has no file that ends "
                    + $"in {string.Join(", ", Extensions)}; give a folder with images");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read images of '{folder}': {failure.Message}", failure);
        }
    }

    /// <summary>Whether a file's name ends as a picture's does.</summary>
    public static bool IsImage(string name) => Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
}
