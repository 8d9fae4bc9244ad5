using System.Text.Json.Nodes;
using CsAligner.Data.Datasets;
using CsAligner.Data.Images;
using CsAligner.Models;

namespace CsAligner.Cli.Verbs;

/// <summary>What <c>embed</c> embeds: captioned images, or images and texts that know nothing of each other.</summary>
internal sealed class EmbedInputs : IDisposable
{
    private readonly CaptionedImages? _data;

    private EmbedInputs(CaptionedImages? data, ImageFiles? images, string[]? texts)
    {
        _data = data;
        ImageNames = data?.Images ?? images?.Names ?? [];
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

    public static EmbedInputs Open(Session session, string? data, string? images, string? texts, ClipPreprocessing preprocessing, Transparency transparency)
        => data is not null
            ? new(CaptionedData.Open(session, data, preprocessing, transparency), null, null)
            : new(null, images is null ? null : ImageFiles.Find(images, preprocessing, transparency), texts is null ? null : TextLines.Read(texts));

    /// <summary>
    /// A line for each image row: image_path, and of captioned images caption and, where there are several, captions. Without
    /// images a line for each text row.
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
        foreach (string text in Texts) yield return new JsonObject { ["caption"] = text };
    }

    public void Dispose() => _data?.Dispose();
}
