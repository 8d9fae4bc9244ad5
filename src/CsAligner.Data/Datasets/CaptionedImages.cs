using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets;

/// <summary>
/// A data set of images with captions by number, for training that goes through it in any order: names and captions are in memory,
/// pixels are read and prepared for the model when they are asked for; that is safe from several threads. A bad sample is an error.
/// </summary>
public sealed class CaptionedImages : IDisposable
{
    private readonly SampleSource _source;
    private readonly SampleEntry[] _entries;
    private readonly ImagePixels _pixels;

    private CaptionedImages(SampleSource source, ImagePixels pixels)
    {
        (_source, _pixels) = (source, pixels);
        if (!source.HasImages || !source.HasCaptions)
            throw new InputException(
                $"cannot read captioned images of '{source.Name}': it has no {(source.HasImages ? "captions" : "images")}; give a data set "
                    + "that has both");
        var entries = new List<SampleEntry>();
        var (images, texts, imageOfText) = (new List<string>(), new List<string>(), new List<int>());
        foreach (var entry in source.ReadAll())
        {
            entry.Check(SampleParts.Image | SampleParts.Captions);
            foreach (string caption in entry.Load(SampleParts.Captions).Captions)
            {
                texts.Add(caption);
                imageOfText.Add(entries.Count);
            }

            images.Add(entry.Key);
            entries.Add(entry);
        }

        if (entries.Count == 0)
            throw new InputException($"cannot read captioned images of '{source.Name}': it has no samples; give a data set that has some");
        _entries = [.. entries];
        (Images, Texts, ImageOfText) = (images, texts, imageOfText);
        IsRowForRow = images.Count == texts.Count && !imageOfText.Where((image, text) => image != text).Any();
    }

    /// <summary>The data set as it was named.</summary>
    public string Name => _source.Name;

    /// <summary>The name of each image: its path in the folder, its key in a shard, or "set:name" of an icon.</summary>
    public IReadOnlyList<string> Images { get; }

    /// <summary>How many images there are.</summary>
    public int Count => Images.Count;

    /// <summary>All captions, those of an image together.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>For each text the number of its image.</summary>
    public IReadOnlyList<int> ImageOfText { get; }

    /// <summary>Whether text i belongs to image i throughout.</summary>
    public bool IsRowForRow { get; }

    /// <summary>Reads a data set's names and captions.</summary>
    /// <param name="source">The data set, disposed with the result.</param>
    /// <param name="pixels">The preprocessing that the model requires.</param>
    /// <exception cref="InputException">A sample is bad, or there are no images or captions; file and line are named.</exception>
    public static CaptionedImages Of(SampleSource source, ImagePixels pixels)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(pixels);
        try
        {
            return new CaptionedImages(source, pixels);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Opens a data set by its name (<see cref="Dataset.Open"/>).</summary>
    /// <param name="name">A folder with images and a list of captions, tar shards, captions of COCO, ….</param>
    /// <param name="preprocessing">The preprocessing that the model requires.</param>
    /// <param name="transparency">How transparency is handled.</param>
    /// <exception cref="InputException">There is no such data set, or a sample is bad; file and line are named.</exception>
    public static CaptionedImages Open(string name, ImagePreprocessing preprocessing, Transparency transparency = Transparency.White) =>
        Of(Dataset.Open(name), new ImagePixels(preprocessing, transparency));

    /// <summary>Writes one image, prepared for the model: an <see cref="ImageReader"/>.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="rgb">S x S x 3 bytes, S the model's image size.</param>
    /// <exception cref="InputException">The file cannot be read or decoded.</exception>
    public void ReadImage(int index, Span<byte> rgb) => _pixels.Read(_entries[index].Load(SampleParts.Image), rgb);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
