using System.Globalization;
using System.Text.Json;
using CsAligner.Cli.Terminals;
using CsAligner.Retrieval;

namespace CsAligner.Cli.Verbs;

/// <summary>The tables and the JSON of <c>search</c>.</summary>
/// <param name="find">images, texts or both.</param>
/// <param name="rows">What is known of the rows that were found.</param>
internal sealed class SearchOutput(string find, Dictionary<MixedRow, SearchedRow> rows)
{
    /// <summary>A table for each query.</summary>
    public IEnumerable<TextTable> Tables(SearchQueries queries, IReadOnlyList<MixedMatches> found)
    {
        string joined = string.Concat(queries.Joined.Select(part => $" + {part}"));
        string without = string.Concat(queries.Without.Select(words => $" without {words}"));
        for (int query = 0; query < found.Count; query++)
        {
            var table = new TextTable(new TextColumn(queries.Labels[query] + joined + without) { Wraps = true }, "rank",
                new TextColumn("kind"), "cosine", "row", new TextColumn("path") { Wraps = true })
            {
                Caption = Cutoffs(found[query]),
            };
            int rank = 0;
            foreach ((MixedRow row, float score) in found[query].Matches)
            {
                SearchedRow? data = rows.GetValueOrDefault(row);
                table.Row(data?.Title ?? "", Text(++rank), Kind(row), Text(score), Text(row.Row), data?.Path ?? "");
            }

            yield return table;
        }
    }

    /// <summary>The table of near-duplicates.</summary>
    public TextTable Table(SimilarPairs pairs)
    {
        var table = new TextTable(new TextColumn("row") { Wraps = true }, new TextColumn("is like") { Wraps = true }, "cosine")
        {
            Caption = $"{Text(pairs.Best.Count)} of {Text(pairs.Total)} pairs",
        };
        foreach ((MixedRow first, MixedRow second, float score) in pairs.Best) table.Row(Described(first), Described(second), Text(score));
        return table;
    }

    /// <summary>The object of <c>--json</c>.</summary>
    public void Write(Utf8JsonWriter writer, SearchQueries queries, IReadOnlyList<MixedMatches> found)
    {
        writer.WriteStartObject();
        writer.WriteString("find", find);
        writer.WriteStartArray("queries");
        for (int query = 0; query < found.Count; query++)
        {
            writer.WriteStartObject();
            writer.WriteString("query", queries.Labels[query]);
            Write(writer, "together_with", queries.Joined);
            Write(writer, "without", queries.Without);
            writer.WriteStartObject("min_score");
            Write(writer, "image", found[query].ImageCutoff);
            Write(writer, "text", found[query].TextCutoff);
            writer.WriteEndObject();
            writer.WriteStartArray("matches");
            int rank = 0;
            foreach ((MixedRow row, float score) in found[query].Matches)
            {
                writer.WriteStartObject();
                writer.WriteNumber("rank", ++rank);
                WriteRow(writer, row, score);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The object of <c>--json</c> for near-duplicates.</summary>
    public void Write(Utf8JsonWriter writer, SimilarPairs pairs, double least)
    {
        writer.WriteStartObject();
        writer.WriteString("find", find);
        writer.WriteNumber("min_cosine", least);
        writer.WriteNumber("total", pairs.Total);
        writer.WriteStartArray("pairs");
        int rank = 0;
        foreach ((MixedRow first, MixedRow second, float score) in pairs.Best)
        {
            writer.WriteStartObject();
            writer.WriteNumber("rank", ++rank);
            writer.WriteNumber("cosine", score);
            foreach ((string key, MixedRow row) in ((string, MixedRow)[])[("first", first), ("second", second)])
            {
                writer.WriteStartObject(key);
                WriteRow(writer, row, null);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string key, double? value)
    {
        if (value is { } number) writer.WriteNumber(key, number);
        else writer.WriteNull(key);
    }

    private static void Write(Utf8JsonWriter writer, string key, string[] values)
    {
        writer.WriteStartArray(key);
        foreach (string value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static string Kind(MixedRow row) => row.Kind == RowKind.Image ? "image" : "text";

    private static string Text(float score) => score.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Cutoffs(MixedMatches found)
    {
        var parts = new List<string>();
        if (found.ImageCutoff is { } image) parts.Add($"images from {Text((float)image)}");
        if (found.TextCutoff is { } text) parts.Add($"texts from {Text((float)text)}");
        return parts.Count > 0 ? string.Join(", ", parts) : null;
    }

    private string Described(MixedRow row) =>
        rows.GetValueOrDefault(row) is { Title.Length: > 0 } data ? $"{row} {data.Title}" : row.ToString();

    private void WriteRow(Utf8JsonWriter writer, MixedRow row, float? score)
    {
        SearchedRow? data = rows.GetValueOrDefault(row);
        writer.WriteString("kind", Kind(row));
        writer.WriteNumber("row", row.Row);
        if (score is { } cosine) writer.WriteNumber("cosine", cosine);
        writer.WriteString("name", data?.Name);
        writer.WriteString("path", data?.Path);
        if (data is null) return;
        writer.WritePropertyName("metadata");
        data.Metadata.WriteTo(writer);
    }
}
