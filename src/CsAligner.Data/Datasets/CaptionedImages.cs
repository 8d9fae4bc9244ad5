using CsAligner.Data.Icons;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets;

/// <summary>
/// Images with captions, one or many to an image: a folder of pictures and their captions.tsv, or icons and their names. Pixels are
/// read and prepared for the model when they are asked for; that is safe from several threads.
/// </summary>
public sealed class CaptionedImages : IDisposable
{
    /// <summary>The file that lists a folder's images and captions: path TAB caption.</summary>
    public const string CaptionsFile = "captions.tsv";

    private readonly ImageReader _read;
    private readonly IDisposable? _owned;

    private CaptionedImages(string name, IReadOnlyList<string> images, IReadOnlyList<string> texts, int[] imageOfText, ImageReader read, IDisposable? owned)
    {
        (Name, Images, Texts, ImageOfText, _read, _owned) = (name, images, texts, imageOfText, read, owned);
        IsRowForRow = images.Count == texts.Count && !imageOfText.Where((image, text) => image != text).Any();
    }

    /// <summary>The folder as it was given, or the split's name.</summary>
    public string Name { get; }

    /// <summary>What each image is called: its path in the folder, or "set:name" of an icon.</summary>
    public IReadOnlyList<string> Images { get; }

    /// <summary>How many images there are.</summary>
    public int Count => Images.Count;

    /// <summary>All captions.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>For each text the number of its image.</summary>
    public IReadOnlyList<int> ImageOfText { get; }

    /// <summary>Whether text i belongs to image i throughout.</summary>
    public bool IsRowForRow { get; }

    /// <summary>
    /// Opens a folder with images and a <see cref="CaptionsFile"/>: UTF-8, a line for each caption, the image's path relative to the
    /// folder, a tab, the caption. An image may have many lines. Images are numbered as they first appear, texts by line.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="preprocessing">What the model asks for.</param>
    /// <param name="transparency">What becomes of transparency.</param>
    /// <exception cref="InputException">The folder or its list is missing, or a line is not as described; file and line are named.</exception>
    public static CaptionedImages Open(string folder, ImagePreprocessing preprocessing, Transparency transparency = Transparency.White)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"cannot read captioned images of '{folder}': {(File.Exists(folder) ? $"it is a file, a folder with images and a {CaptionsFile} was expected" : "there is no such folder; check the path")}");
        string list = Path.Combine(folder, CaptionsFile), root = Path.GetFullPath(folder + "/");
        if (!File.Exists(list))
            throw new InputException($"cannot read captioned images of '{folder}': it has no {CaptionsFile}; write one with a line for each caption: path, tab, caption");
        string[] lines = TextLines.Read(list), texts = new string[lines.Length];
        int[] imageOfText = new int[lines.Length];
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var images = new List<string>();
        for (int i = 0; i < lines.Length; i++)
        {
            (string image, texts[i]) = Split(lines[i], $"cannot read '{list}': line {i + 1}");
            if (!numbers.TryGetValue(image, out imageOfText[i]))
            {
                CheckFile(root, image, $"cannot read '{list}': line {i + 1}");
                numbers[image] = imageOfText[i] = images.Count;
                images.Add(image);
            }
        }

        return new CaptionedImages(folder, images, texts, imageOfText, new ImageFiles(folder, images, preprocessing, transparency).Read, owned: null);
    }

    /// <summary>Icons of a data set, each with its main caption, or with all.</summary>
    /// <param name="name">What they are called together.</param>
    /// <param name="icons">The data set, drawn at the model's image size; it is disposed by its owner.</param>
    /// <param name="indices">Which icons, in this order.</param>
    /// <param name="owned">Disposed with the result; may be the data set.</param>
    /// <param name="captions">All captions of the data set's icons; null for the main ones alone.</param>
    /// <param name="distinct">Whether captions are left out that two of these icons have (<see cref="IconCaptions.Flatten"/>).</param>
    public static CaptionedImages OfIcons(string name, IconDataset icons, IReadOnlyList<int> indices, IDisposable? owned = null, IconCaptions? captions = null, bool distinct = false)
    {
        ArgumentNullException.ThrowIfNull(icons);
        ArgumentNullException.ThrowIfNull(indices);
        (IReadOnlyList<string> texts, long[] pairs) = captions?.Flatten(indices, distinct)
            ?? ([.. indices.Select(i => icons[i].Caption)], [.. Enumerable.Range(0, indices.Count).Select(i => (long)i)]);
        return new CaptionedImages(
            name,
            [.. indices.Select(i => $"{icons[i].Set}:{icons[i].Name}")],
            texts,
            [.. pairs.Select(image => (int)image)],
            (i, rgb) => icons.GetImage(indices[i], rgb),
            owned);
    }

    /// <summary>Writes one image, prepared for the model: an <see cref="ImageReader"/>.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="rgb">S x S x 3 bytes, S the model's image size.</param>
    /// <exception cref="InputException">The file cannot be read or decoded.</exception>
    public void ReadImage(int index, Span<byte> rgb) => _read(index, rgb);

    /// <summary>For each image its captions, in order; empty where it has none.</summary>
    public IReadOnlyList<string>[] CaptionsOfImages()
    {
        var captions = new List<string>[Count];
        for (int i = 0; i < Count; i++)
            captions[i] = [];
        for (int i = 0; i < Texts.Count; i++)
            captions[ImageOfText[i]].Add(Texts[i]);
        return captions;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();

    private static (string Image, string Caption) Split(string line, string where)
    {
        string[] parts = line.Split('\t');
        if (parts.Length != 2)
            throw new InputException($"{where} has {parts.Length} fields between tabs; two were expected: path, tab, caption");
        if (string.IsNullOrWhiteSpace(parts[0]) || string.IsNullOrWhiteSpace(parts[1]))
            throw new InputException($"{where} has an empty {(string.IsNullOrWhiteSpace(parts[0]) ? "path" : "caption")}; path, tab, caption were expected");
        return (parts[0], parts[1]);
    }

    // A list from elsewhere must not make us read files outside of its folder.
    private static void CheckFile(string root, string image, string where)
    {
        if (image.Contains('\0') || Path.IsPathRooted(image) || !Path.GetFullPath(Path.Combine(root, image)).StartsWith(root, StringComparison.Ordinal))
            throw new InputException($"{where} names '{image.Replace("\0", "\\0", StringComparison.Ordinal)}', which is not below the folder; give a path relative to it");
        if (!File.Exists(Path.Combine(root, image)))
            throw new InputException($"{where} names '{image}', but there is no such file in the folder; correct the path or remove the line");
    }
}
