using System.Text.Json.Nodes;
using CsAligner.Data.Datasets;
using CsAligner.Data.Images;
using CsAligner.Models;

namespace CsAligner.Cli.Verbs;

/// <summary>What <c>embed</c> embeds: captioned images, or images and texts that know nothing of each other.</summary>
internal sealed class EmbedInputs : IDisposable
{
    // Icons are drawn before they are captioned: at the size that is in most caches.
    private const int UnseenSize = 64;

    private readonly CaptionedImages? _data;

    private EmbedInputs(CaptionedImages? data, ImageFiles? images, string[]? texts, bool withImages)
    {
        _data = data;
        ImageNames = !withImages ? [] : data?.Images ?? images?.Names ?? [];
        Texts = data?.Texts ?? texts ?? [];
        ReadImage = data is not null ? data.ReadImage : images is not null ? images.Read : (_, _) => { };
    }

    /// <summary>What the images are called.</summary>
    public IReadOnlyList<string> ImageNames { get; }

    public ImageReader ReadImage { get; }

    public IReadOnlyList<string> Texts { get; }

    /// <summary>For each text the row of its image, where that is not the row of the same number.</summary>
    public long[]? Pairs => _data is { IsRowForRow: false } data ? [.. data.ImageOfText.Select(image => (long)image)] : null;

    /// <summary>The split of icons that the rows belong to.</summary>
    public string? Split => _data is { } data && data.Name.StartsWith("icons:", StringComparison.Ordinal) ? data.Name["icons:".Length..] : null;

    /// <summary>Opens what the options name.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">Captioned images, or null.</param>
    /// <param name="images">A folder of images, or null.</param>
    /// <param name="texts">A file of texts, or null.</param>
    /// <param name="preprocessing">What the model asks of images; null where it takes none, and of captioned images the captions alone are embedded.</param>
    /// <param name="transparency">What shows where a picture is transparent.</param>
    /// <param name="allCaptions">Whether icons come with all their captions.</param>
    public static EmbedInputs Open(Session session, string? data, string? images, string? texts, ImagePreprocessing? preprocessing, Transparency transparency = Transparency.White, bool allCaptions = false)
    {
        bool withImages = preprocessing is not null;
        preprocessing ??= new ImagePreprocessing(UnseenSize, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);
        return data is not null
            ? new(CaptionedData.Open(session, data, preprocessing, transparency, allCaptions), null, null, withImages)
            : new(null, images is null ? null : ImageFiles.Find(images, preprocessing, transparency), texts is null ? null : TextLines.Read(texts), withImages);
    }

    /// <summary>
    /// A line for each image row: image_path, and of captioned images caption and, where there are several, captions. Without
    /// images a line for each text row, with the image that it belongs to.
    /// </summary>
    public IEnumerable<JsonObject> Metadata()
    {
        var captions = _data?.CaptionsOfImages();
        for (int i = 0; i < ImageNames.Count; i++)
        {
            var row = new JsonObject { ["image_path"] = ImageNames[i] };
            if (captions is not null) row["caption"] = captions[i][0];
            if (captions?[i].Count > 1) row["captions"] = new JsonArray([.. captions[i].Select(c => JsonValue.Create(c))]);
            yield return row;
        }

        if (ImageNames.Count > 0) yield break;
        for (int i = 0; i < Texts.Count; i++)
        {
            var row = new JsonObject();
            if (_data is not null) row["image_path"] = _data.Images[_data.ImageOfText[i]];
            row["caption"] = Texts[i];
            yield return row;
        }
    }

    public void Dispose() => _data?.Dispose();
}
