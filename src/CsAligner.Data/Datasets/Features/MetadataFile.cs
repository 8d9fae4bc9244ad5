using System.Globalization;
using System.Text.Json;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Interop;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Features;

/// <summary>The metadata of clip-retrieval, a row for each row of features: parquet as it writes them, or JSON lines as this program does.</summary>
internal sealed class MetadataFile
{
    private static readonly string[] KeyColumns = ["image_path", "key", "url", "image_url", "id"];
    private static readonly string[] CaptionColumns = ["caption", "captions", "text", "title"];

    private readonly string _path;
    private readonly bool _isParquet;
    private readonly string? _key;
    private readonly string? _caption;

    public MetadataFile(string path)
    {
        _path = path;
        _isParquet = Path.GetExtension(path) == ".parquet";
        if (!_isParquet) return;
        string[] columns = [.. Ask($"SELECT column_name FROM (DESCRIBE SELECT * FROM {Table})", 1).Select(row => row[0] ?? "")];
        _key = KeyColumns.FirstOrDefault(columns.Contains);
        _caption = CaptionColumns.FirstOrDefault(columns.Contains);
    }

    private string Table => $"read_parquet({DuckDbQuery.Quote(Path.GetFullPath(_path))})";

    /// <summary>How many rows it has.</summary>
    public long Rows() => _isParquet ? long.Parse(Ask($"SELECT CAST(count(*) AS VARCHAR) FROM {Table}", 1)[0][0]!, CultureInfo.InvariantCulture) : Lines().LongCount();

    /// <summary>Keys and captions of some rows; null where a row has none.</summary>
    public (string? Key, string? Caption)[] Read(long first, int count)
    {
        if (!_isParquet) return [.. Lines().Skip((int)first).Take(count).Select(Parse)];
        return [.. Ask(string.Create(CultureInfo.InvariantCulture, $"SELECT {Column(_key)}, {Column(_caption)} FROM {Table} LIMIT {count} OFFSET {first}"), 2).Select(row => (row[0], row[1]))];

        static string Column(string? name) => name is null ? "CAST(NULL AS VARCHAR)" : $"CAST({DuckDbQuery.QuoteName(name)} AS VARCHAR)";
    }

    private List<string?[]> Ask(string sql, int columns) => DuckDbQuery.Texts(sql, columns, $"cannot read '{_path}'");

    private IEnumerable<string> Lines()
    {
        using var lines = new LineReader(_path);
        while (lines.TryRead(out string line))
        {
            if (line.Length > 0 || lines.Problem is not null) yield return line;
        }
    }

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
