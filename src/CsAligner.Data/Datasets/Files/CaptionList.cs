using System.Text;
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

    private static readonly string[] ImageColumns =
        ["image", "image_path", "image_name", "file_name", "filename", "filepath", "file", "path", "key"];
    private static readonly string[] CaptionColumns = ["caption", "captions", "text", "title", "comment", "sentence", "description", "raw"];

    // A quoted field may run over lines; an unclosed quote must not swallow the file.
    private const int MostLines = 100;

    /// <summary>Reads a list of images in a folder.</summary>
    public static FileSamples Read(string name, string list, string folder)
    {
        var samples = new FileSamples(name, list, "line", hasCaptions: true);
        using var lines = new LineReader(list);
        if (!lines.TryRead(out string first))
            throw new InputException($"cannot read '{list}': the file is empty; expected one entry per line");
        if (EndingOf(list) is ".jsonl" or ".ndjson" || first.StartsWith('{')) ReadJson(samples, lines, first);
        else ReadDelimited(samples, list, folder, lines, first);
        return samples.Complete(folder);
    }

    private static string EndingOf(string list) => Path.GetExtension(list).ToLowerInvariant();

    private static void ReadDelimited(FileSamples samples, string list, string folder, LineReader lines, string first)
    {
        char delimiter = first.Contains('\t', StringComparison.Ordinal) || EndingOf(list) is ".tsv" or ".token" ? '\t'
            : first.Contains('|', StringComparison.Ordinal) ? '|'
            : EndingOf(list) == ".csv" || first.Contains(',', StringComparison.Ordinal) ? ','
            : '\t';
        var blanks = new BlankLines(samples);
        string[] heading = [.. Split(lines, first, delimiter).Select(field => field.Trim().ToLowerInvariant())];
        int image = ColumnOf(heading, ImageColumns), caption = ColumnOf(heading, CaptionColumns);
        int columns = heading.Length;
        if (image < 0 || caption < 0)
        {
            if (delimiter == ',' && heading.Length != 2)
                throw new InputException($"cannot read '{list}': its first line has {heading.Length} columns, but not one "
                    + $"named {string.Join(", ", ImageColumns)} and one named {string.Join(", ", CaptionColumns)}; write such "
                    + "a heading");
            (image, caption, columns) = (0, 1, 2);
            Add(first);
        }

        while (lines.TryRead(out string line)) Add(line);

        void Add(string line)
        {
            int number = lines.Number;
            if (blanks.Take(lines, line)) return;
            if (lines.Problem is { } problem)
            {
                samples.AddProblem(problem, number);
                return;
            }

            string[] fields = Split(lines, line, delimiter);
            if (fields.Length == 0)
            {
                samples.AddProblem("has an unclosed quote", number);
            }
            else if (fields.Length != columns)
            {
                (string one, string many) = delimiter == '\t' ? ("tab", "tabs") : ($"'{delimiter}'", $"'{delimiter}'");
                string expected = columns == 2
                    ? $"expected two: path, {one}, caption"
                    : $"expected {columns}, as in the header";
                samples.AddProblem($"has {fields.Length} fields between {many}; {expected}", number);
            }
            else
            {
                Keep(samples, NameOf(fields[image], folder), fields[caption].Trim(), number);
            }
        }
    }

    // Lists may have spaces around fields; a file name that really has such spaces wins.
    private static string NameOf(string field, string folder) =>
        field.Trim() is var name
            && (name.Length == field.Length || name.Length == 0 || Path.IsPathRooted(field) || !File.Exists(Path.Combine(folder, field)))
            ? name
            : field;

    private static void Keep(FileSamples samples, string image, string caption, int line)
    {
        // Flickr's own lists number the captions: 1000092795.jpg#0.
        int mark = image.LastIndexOf('#');
        if (mark > 0 && mark < image.Length - 1 && image.AsSpan(mark + 1).IndexOfAnyExceptInRange('0', '9') < 0) image = image[..mark];
        if (image.Length == 0 || caption.Length == 0)
            samples.AddProblem($"has an empty {(image.Length == 0 ? "path" : "caption")}; expected a path and a caption", line);
        else
            samples.Add(image, caption.ReplaceLineEndings(" "), line);
    }

    private static void ReadJson(FileSamples samples, LineReader lines, string first)
    {
        var blanks = new BlankLines(samples);
        string line = first;
        do
        {
            if (blanks.Take(lines, line)) continue;
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
        if (Text(row, ImageColumns) is not { } image)
            return $"names no image: expected a string named {string.Join(", ", ImageColumns)}";
        string[] captions = Captions(row);
        if (captions.Length == 0) return $"has no caption: expected a string or a list named {string.Join(", ", CaptionColumns)}";
        foreach (string caption in captions) Keep(samples, image, caption.Trim(), line);
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

    private static int ColumnOf(string[] heading, string[] names)
    {
        foreach (string name in names)
        {
            int column = Array.IndexOf(heading, name);
            if (column >= 0) return column;
        }

        return -1;
    }

    private static string[] Split(LineReader lines, string line, char delimiter)
    {
        // Formats with tabs and bars need no quotes, and captions may contain quotes. With bars, the last field, the caption, may
        // contain more bars.
        if (delimiter != ',') return delimiter == '|' ? line.Split('|', 3) : line.Split('\t');
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int more = 0; ; more++)
        {
            for (int i = 0; i < line.Length; i++)
            {
                char c = line[i];
                if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') field.Append(line[i++]);
                else if (c == '"' && (quoted || string.IsNullOrWhiteSpace(field.ToString()))) quoted = !quoted;
                else if (c == ',' && !quoted) Flush();
                else field.Append(c);
            }

            if (!quoted || more == MostLines || field.Length > LineReader.MaxBytes || !lines.TryRead(out line)) break;
            field.Append('\n');
        }

        Flush();
        return quoted ? [] : [.. fields];

        void Flush()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }

    /// <summary>Lines without anything in them: bad among others, nothing at the end of the file, where editors leave them.</summary>
    private sealed class BlankLines(FileSamples samples)
    {
        // Blank lines in a row, which may be millions: where they begin, and how many.
        private int _first, _waiting;

        /// <summary>Whether the line is blank; one that is not makes bad samples of those before it.</summary>
        public bool Take(LineReader lines, string line)
        {
            if (lines.Problem is null && string.IsNullOrWhiteSpace(line))
            {
                if (_waiting++ == 0) _first = lines.Number;
                return true;
            }

            for (int i = 0; i < _waiting; i++) samples.AddProblem("is empty; every line is a row: remove it or fill it in", _first + i);
            _waiting = 0;
            return false;
        }
    }
}
