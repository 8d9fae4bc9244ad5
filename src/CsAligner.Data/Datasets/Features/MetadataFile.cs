using System.Globalization;
using System.Text.Json;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Interop;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

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
    private readonly bool _isParquet;
    private readonly string? _key;
    private readonly string? _caption;
    private readonly List<(long Offset, int Line)> _blocks = [];

    /// <summary>Opens a file and counts its rows.</summary>
    /// <param name="path">.parquet or .jsonl.</param>
    /// <param name="blockRows">Rows of a block.</param>
    public MetadataFile(string path, int blockRows)
    {
        (_path, _blockRows, _isParquet) = (path, blockRows, Path.GetExtension(path) == ".parquet");
        if (!_isParquet)
        {
            Rows = CountLines();
            return;
        }

        string[] columns = [.. Ask($"SELECT column_name FROM (DESCRIBE SELECT * FROM {Table})", 1).Select(row => row[0] ?? "")];
        _key = KeyColumns.FirstOrDefault(columns.Contains);
        _caption = CaptionColumns.FirstOrDefault(columns.Contains);
        Rows = long.Parse(Ask($"SELECT CAST(count(*) AS VARCHAR) FROM {Table}", 1)[0][0]!, CultureInfo.InvariantCulture);
    }

    /// <summary>How many rows it has.</summary>
    public long Rows { get; }

    private string Table => $"read_parquet({DuckDbQuery.Quote(Path.GetFullPath(_path))}, file_row_number=true)";

    /// <summary>Keys and captions of a block's rows; null where a row has none.</summary>
    /// <param name="first">The block's first row.</param>
    public MetadataRow[] ReadBlock(long first)
    {
        if (!_isParquet) return [.. Lines(_blocks[(int)(first / _blockRows)]).Take(_blockRows).Select(Parse)];
        // By the rows' numbers and not by OFFSET: groups of rows that stand before are then passed over unread.
        string sql = string.Create(CultureInfo.InvariantCulture, $"SELECT {Column(_key)}, {Column(_caption)} FROM {Table} WHERE file_row_number >= {first} AND file_row_number < {first + _blockRows}");
        return [.. Ask(sql, 2).Select(row => new MetadataRow(row[0], row[1]))];

        static string Column(string? name) => name is null ? "CAST(NULL AS VARCHAR)" : $"CAST({DuckDbQuery.QuoteName(name)} AS VARCHAR)";
    }

    private List<string?[]> Ask(string sql, int columns) => DuckDbQuery.Texts(sql, columns, $"cannot read '{_path}'");

    private long CountLines()
    {
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
                ? new MetadataRow(Text(document.RootElement, KeyColumns, numbers: true), Text(document.RootElement, CaptionColumns, numbers: false))
                : Bad("is not a JSON object");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return Bad($"is not valid JSON ({failure.Message.TrimEnd('.')})");
        }

        MetadataRow Bad(string why) => new(null, null, $"line {line.Number} of '{_path}' {why}");
    }

    // Of a list the first one: rows are of features, one each.
    private static string? Text(JsonElement row, string[] names, bool numbers) =>
        names.Select(name => row.TryGetProperty(name, out var value) ? Text(value, numbers) : null).FirstOrDefault(text => text is not null);

    private static string? Text(JsonElement value, bool numbers) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number when numbers => value.GetRawText(),
        JsonValueKind.Array => value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)),
        _ => null,
    };
}
