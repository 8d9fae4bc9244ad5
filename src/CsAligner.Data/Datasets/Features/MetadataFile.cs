using System.Text.Json;
using CsAligner.Data.Disk;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Parquet.Schema;

namespace CsAligner.Data.Datasets.Features;

/// <summary>
/// The metadata of clip-retrieval, a row for each row of features: parquet as it writes them, or JSON lines as this program does.
/// Rows are read in blocks, from any block on; of JSON lines it is kept where each block begins.
/// </summary>
internal sealed class MetadataFile
{
    private static readonly string[] KeyColumns = ["image_path", "key", "url", "image_url", "id"];
    private static readonly string[] CaptionColumns = ["caption", "captions", "text", "title"];

    private readonly string _path;
    private readonly int _blockRows;
    private readonly ParquetFile? _parquet;
    private readonly List<(long Offset, int Line)> _blocks = [];

    /// <summary>Opens a file and counts its rows.</summary>
    /// <param name="path">.parquet or .jsonl.</param>
    /// <param name="blockRows">Rows of a block.</param>
    public MetadataFile(string path, int blockRows)
    {
        (_path, _blockRows) = (path, blockRows);
        if (Path.GetExtension(path) == ".parquet") _parquet = new ParquetFile(path, Choose);
        Rows = _parquet?.Rows ?? CountLines();
    }

    /// <summary>How many rows it has.</summary>
    public long Rows { get; }

    /// <summary>Keys and captions of a block's rows; null if a row has none.</summary>
    /// <param name="first">The block's first row.</param>
    public MetadataRow[] ReadBlock(long first)
    {
        if (_parquet is null) return [.. Lines(_blocks[(int)(first / _blockRows)]).Take(_blockRows).Select(Parse)];
        int count = (int)Math.Min(_blockRows, Rows - first);
        string?[]?[] columns = _parquet.Read(first, count);
        return [.. Enumerable.Range(0, count).Select(row => new MetadataRow(columns[0]?[row], columns[1]?[row]))];
    }

    // Key and caption, null if there is none.
    private static DataField?[] Choose(ParquetSchema schema)
    {
        DataField? caption = Find(CaptionColumns);

        // Rows without keys have their numbers; captions that are there and not read would look like none.
        if (caption is null && CaptionColumns.FirstOrDefault(name => schema.Fields.Any(field => field.Name == name)) is { } other)
            throw new InvalidDataException($"its column '{other}' does not have one string per row (lists of strings are not supported); "
                + $"write one column '{CaptionColumns[0]}' of texts");
        return [Find(KeyColumns), caption];

        DataField? Find(string[] names) =>
            names.Select(name => schema.Fields.OfType<DataField>()
                .FirstOrDefault(field => field.Name == name && ParquetFile.IsReadable(field))).FirstOrDefault(field => field is not null);
    }

    private long CountLines()
    {
        // It is read from many places; a pipe would keep us waiting.
        FileReading.Open(_path).Dispose();
        using var lines = new LineReader(_path);
        long rows = 0;
        for (long start = 0; lines.TryRead(out string line); start = lines.Offset)
        {
            if (IsEmpty(lines, line)) continue;
            if (rows % _blockRows == 0) _blocks.Add((start, lines.Number));
            rows++;
        }

        return rows;
    }

    private IEnumerable<(int Number, string Text, string? Problem)> Lines((long Offset, int Line) block)
    {
        using var lines = new LineReader(_path, block.Offset);
        while (lines.TryRead(out string line))
        {
            int number = block.Line + lines.Number - 1;
            if (!IsEmpty(lines, line)) yield return (number, line, lines.Problem);
        }
    }

    private static bool IsEmpty(LineReader lines, string line) => string.IsNullOrWhiteSpace(line) && lines.Problem is null;

    private MetadataRow Parse((int Number, string Text, string? Problem) line)
    {
        if (line.Problem is not null) return Bad(line.Problem);
        try
        {
            using var document = LenientJson.Parse(line.Text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new MetadataRow(Text(document.RootElement, KeyColumns, numbers: true),
                    Text(document.RootElement, CaptionColumns, numbers: false))
                : Bad("is not a JSON object");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return Bad($"is not valid JSON ({failure.Message.TrimEnd('.')})");
        }

        MetadataRow Bad(string why) => new(null, null, $"line {line.Number} of '{_path}' {why}");
    }

    // From a list take the first caption: each row of features has one.
    private static string? Text(JsonElement row, string[] names, bool numbers) =>
        names.Select(name => row.TryGetProperty(name, out var value) ? Text(value, numbers) : null)
            .FirstOrDefault(text => text is not null);

    private static string? Text(JsonElement value, bool numbers) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number when numbers => value.GetRawText(),
        JsonValueKind.Array => value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString())
            .FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)),
        _ => null,
    };
}
