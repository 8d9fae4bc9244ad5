using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Data.FeatureSets;
using CsAligner.Retrieval;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign search</c>: asks a feature set with words or pictures, exactly.</summary>
internal static class SearchVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string> features =
            CommonOptions.Path("FEATURES", PathRole.FeatureSetFolder,
                "The feature-set folder to search: its images, or its texts if it has no images");
        Argument<string[]> queries =
            new("QUERY")
            {
                Description = "The texts to search for, one query per argument; after -- all arguments are texts",
                Arity = ArgumentArity.ZeroOrMore
            };
        Option<string[]> pictures = CommonOptions.Paths("--image", PathRole.Picture, "Search for this picture; repeat for several");
        Option<string> model = CommonOptions.RequiredPath("--model", PathRole.Model, "The encoder that made the features, as in embed");
        Option<string?> adapter =
            CommonOptions.OptionalPath("--adapter", PathRole.Run,
                "Align's output folder, if apply mapped the feature set with its adapters");
        Option<int> top = CommonOptions.Count("--top", "Show this many results per query", 5, most: 1000);
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("search", "Search a feature set with words or pictures") { features, queries, pictures, model, adapter,
                top, json };
        runner.SetAction(command, (parsed, session) =>
        {
            string folder = parsed.GetRequiredValue(features);
            string[] words = parsed.GetValue(queries) ?? [], files = parsed.GetValue(pictures) ?? [];
            FeatureSet set = FeatureSet.Open(folder);
            using FeatureRowsFile rows =
                FeatureRowsFile.Open(folder, set.Shards(Modality.Image).Count > 0 ? Modality.Image : Modality.Text);
            Tensor asked =
                Embed(AdaptedModel.Open(session, "search", parsed.GetRequiredValue(model), parsed.GetValue(adapter),
                    files.FirstOrDefault()), words, files);
            if (asked.Width != rows.Width)
                throw new InputException($"cannot search '{folder}': its rows have {rows.Width} values, but queries have {asked.Width}; "
                    + "give the model and the adapter that made it");
            TopMatches found = ExactSearch.TopK(asked, rows, parsed.GetValue(top), session.Cancellation);
            Dictionary<int, JsonObject> metadata =
                Metadata(set, [.. Enumerable.Range(0, found.Queries).SelectMany(query => found.Rows(query).ToArray())]);
            if (parsed.GetValue(json)) session.PrintJson(writer => Write(writer, [.. words, .. files], found, metadata));
            else foreach (TextTable table in Tables([.. words, .. files], found, metadata)) session.Terminal.WriteTable(table);
        },
        parsed =>
        {
            if ((parsed.GetValue(queries)?.Length ?? 0) + (parsed.GetValue(pictures)?.Length ?? 0) == 0)
                throw new UsageException("nothing to search for: give words, or --image");
        });
        return command;
    }

    private static Tensor Embed(AdaptedModel model, string[] words, string[] files)
    {
        var parts = new List<Tensor>();
        if (words.Length > 0) parts.Add(model.EmbedTexts(words));
        if (files.Length > 0) parts.Add(model.EmbedImages(files));
        if (parts.Count == 1) return parts[0];
        var all = new Tensor(words.Length + files.Length, parts[0].Width);
        parts[0].Span.CopyTo(all.Span);
        parts[1].Span.CopyTo(all.Span[parts[0].Length..]);
        return all;
    }

    // Only what was found is kept: there may be millions of rows.
    private static Dictionary<int, JsonObject> Metadata(FeatureSet set, HashSet<int> rows) =>
        set.ReadMetadata(rowForRow: true).Select((data, row) => (Row: row, Data: data)).Where(line => rows.Contains(line.Row))
            .ToDictionary(line => line.Row, line => line.Data);

    private static IEnumerable<TextTable> Tables(string[] queries, TopMatches found, Dictionary<int, JsonObject> metadata)
    {
        for (int query = 0; query < found.Queries; query++)
        {
            var table = new TextTable(new TextColumn(queries[query]) { Wraps = true }, "cosine", "row", "");
            for (int place = 0; place < found.Count; place++)
            {
                int row = found.Rows(query)[place];
                JsonObject? data = metadata.GetValueOrDefault(row);
                table.Row(
                    Text(data, "image_path") ?? Text(data, "caption") ?? "",
                    found.Scores(query)[place].ToString("0.000", CultureInfo.InvariantCulture),
                    row.ToString(CultureInfo.InvariantCulture), Text(data, "image_path") is null ? "" : Text(data, "caption") ?? "");
            }

            yield return table;
        }
    }

    private static string? Text(JsonObject? data, string key) =>
        data?[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static void Write(Utf8JsonWriter writer, string[] queries, TopMatches found, Dictionary<int, JsonObject> metadata)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("queries");
        for (int query = 0; query < found.Queries; query++)
        {
            writer.WriteStartObject();
            writer.WriteString("query", queries[query]);
            writer.WriteStartArray("matches");
            for (int place = 0; place < found.Count; place++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("row", found.Rows(query)[place]);
                writer.WriteNumber("cosine", found.Scores(query)[place]);
                if (metadata.TryGetValue(found.Rows(query)[place], out JsonObject? data))
                {
                    writer.WritePropertyName("metadata");
                    data.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
