using System.Globalization;
using System.Text.Json;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Interop;
using CsAligner.Tensors;

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
    private readonly List<long> _offsets = [];

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
    public (string? Key, string? Caption)[] ReadBlock(long first)
    {
        if (!_isParquet) return [.. Lines(_offsets[(int)(first / _blockRows)]).Take(_blockRows).Select(Parse)];
        // By the rows' numbers and not by OFFSET: groups of rows that stand before are then passed over unread.
        string sql = string.Create(CultureInfo.InvariantCulture, $"SELECT {Column(_key)}, {Column(_caption)} FROM {Table} WHERE file_row_number >= {first} AND file_row_number < {first + _blockRows}");
        return [.. Ask(sql, 2).Select(row => (row[0], row[1]))];

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
            if (rows % _blockRows == 0) _offsets.Add(start);
            rows++;
        }

        return rows;
    }

    private IEnumerable<string> Lines(long offset)
    {
        using var lines = new LineReader(_path, offset);
        while (lines.TryRead(out string line))
        {
            if (!IsEmpty(lines, line)) yield return line;
        }
    }

    private static bool IsEmpty(LineReader lines, string line) => line.Length == 0 && lines.Problem is null;

    private static (string? Key, string? Caption) Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? (Text(document.RootElement, KeyColumns), Text(document.RootElement, CaptionColumns)) : (null, null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static string? Text(JsonElement row, string[] names) =>
        names.Select(name => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null).FirstOrDefault(text => text is not null);
}
