using System.Text.Json;
using CsAligner.Data.Disk;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Caption lists: TSV, CSV and JSON lines, with or without a header. A fault in a line becomes a bad
/// sample; a fault in the file is an error.
/// </summary>
internal static class CaptionList
{
    /// <summary>The names of lists in an image folder, by preference.</summary>
    public static readonly string[] Names =
        ["captions.tsv", "captions.csv", "captions.jsonl", "captions.txt", "metadata.jsonl", "metadata.csv", "results.csv",
            "results_20130124.token"];

    /// <summary>The names of the column, or member, with the image, by preference.</summary>
    internal static readonly string[] ImageColumns =
        ["image", "image_path", "image_name", "file_name", "filename", "filepath", "file", "path", "key", "image_file", "img", "img_path"];

    /// <summary>The names of the one with the caption, by preference.</summary>
    internal static readonly string[] CaptionColumns =
        ["caption", "captions", "text", "title", "comment", "sentence", "description", "raw"];

    /// <summary>Reads a list of images in a folder.</summary>
    public static FileSamples Read(string name, string list, string folder)
    {
        var samples = new FileSamples(name, list, "line", hasCaptions: true);
        using var lines = new LineReader(list);
        if (!lines.TryRead(out string first))
            throw new InputException($"cannot read '{list}': the file is empty; expected one entry per line");
        if (EndingOf(list) is ".jsonl" or ".ndjson" || first.StartsWith('{')) ReadJson(samples, lines, first);
        else new CaptionTable(samples, list, folder, lines).Read(first);
        return samples.Complete(folder);
    }

    /// <summary>How a list's name ends.</summary>
    internal static string EndingOf(string list) => Path.GetExtension(list).ToLowerInvariant();

    private static void ReadJson(FileSamples samples, LineReader lines, string first)
    {
        var blanks = new BlankLines(samples);
        string line = first;
        do
        {
            if (blanks.Take(line, lines.Number, lines.Problem)) continue;
            string? problem = lines.Problem;
            if (problem is null)
            {
                try
                {
                    using var document = LenientJson.Parse(line, new JsonDocumentOptions { AllowDuplicateProperties = false });
                    problem = Keep(samples, document.RootElement, lines.Number);
                }
                catch (Exception failure) when (failure is JsonException or InvalidOperationException)
                {
                    problem = "is not a JSON object on one line";
                }
            }

            if (problem is not null) samples.AddProblem(problem, lines.Number);
        }
        while (lines.TryRead(out line));
    }

    private static string? Keep(FileSamples samples, JsonElement row, int line)
    {
        if (row.ValueKind != JsonValueKind.Object) return "is not a JSON object on one line";
        if (Text(row, ImageColumns) is not { Length: > 0 } image)
            return $"names no image: expected a string named {string.Join(", ", ImageColumns)}";
        string[] captions = Captions(row);
        if (captions.Length == 0) return $"has no caption: expected a string or a list named {string.Join(", ", CaptionColumns)}";
        foreach (string caption in captions) samples.Add(Unnumbered(image), caption.Trim().ReplaceLineEndings(" "), line);
        return null;
    }

    /// <summary>
    /// The captions that a JSON object holds under one of the usual names, a string or a list of strings; null and blank captions are
    /// skipped.
    /// Empty when it has none, or a list of other things.
    /// </summary>
    internal static string[] Captions(JsonElement row)
    {
        foreach (string name in (string[])["captions", .. CaptionColumns])
        {
            if (!row.TryGetProperty(name, out var value)) continue;
            JsonElement[] all = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
            if (!all.All(v => v.ValueKind is JsonValueKind.String or JsonValueKind.Null)) continue;
            string[] captions = [.. all.Select(v => v.GetString()).OfType<string>().Where(v => !string.IsNullOrWhiteSpace(v))];
            if (captions.Length > 0) return captions;
        }

        return [];
    }

    private static string? Text(JsonElement row, string[] names) =>
        names.Select(name => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null)
            .FirstOrDefault(text => text is not null);

    /// <summary>Without the number of a caption: Flickr's own lists write 1000092795.jpg#0.</summary>
    internal static string Unnumbered(string image)
    {
        int mark = image.LastIndexOf('#');
        return mark > 0 && mark < image.Length - 1 && image.AsSpan(mark + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? image[..mark] : image;
    }
}
