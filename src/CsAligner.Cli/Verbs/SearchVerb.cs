using System.CommandLine;
using System.Globalization;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Retrieval;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign search</c>: asks a feature set with words, pictures or its own rows, exactly; or finds near-duplicates.</summary>
internal static class SearchVerb
{
    // Standard deviations between the means of the two kinds. icon-clip's raw features have 2.2 to 3.5, aligned ones about 1.
    internal const double VisibleGap = 1.5;

    public static Command Create(CommandRunner runner)
    {
        Argument<string> features =
            CommonOptions.Path("FEATURES", PathRole.FeatureSetFolder, "The feature-set folder to search: its images and its texts");
        Argument<string[]> words =
            new("QUERY")
            {
                Description = "The texts to search for, one query per argument; after -- all arguments are texts",
                Arity = ArgumentArity.ZeroOrMore
            };
        Option<string[]> pictures = CommonOptions.Paths(
            "--image", PathRole.Picture, "Search for this picture; beside words it is part of each query; repeat for several");
        Option<string[]> like = new("--like")
        {
            Description = "Search for more like this row: image:N, text:N or a name; as --image otherwise",
            HelpName = "ROW",
        };
        Option<string[]> without = new("--without")
        {
            Description = "Take the direction of these words out of each query; repeat for several",
            HelpName = "WORDS",
        };
        Option<string> find = CommonOptions.Choice(
            "--find", "Find images, texts, or both in one list; by default what there is", "both", "images", "texts", "both");
        Option<string?> texts = CommonOptions.OptionalPath(
            "--texts", PathRole.FeatureSetFolder, "Search the texts of this feature set beside the images of FEATURES");
        Option<ScoreCutoff?> minScore = new("--min-score")
        {
            Description = "Show only results of at least this cosine; auto decides it from the scores, for each query and kind",
            HelpName = "F|auto",
            CustomParser = result => CommonOptions.Parse(result, ScoreCutoff.Parse),
        };
        Option<double?> duplicates = new("--duplicates")
        {
            Description = "List pairs of rows with at least this cosine, such as 0.95, instead of searching",
            HelpName = "COSINE",
            CustomParser = Cosine,
        };
        var encoders = new EncoderOptions("The encoder that made the features, as in embed; words and pictures need it");
        Option<string?> adapter =
            CommonOptions.OptionalPath("--adapter", PathRole.Run,
                "Align's output folder, if apply mapped the feature set with its adapters");
        Option<int> top = CommonOptions.Count("--top", "Show at most this many results per query, or pairs", 5, most: 1000);
        Option<bool> json = CommonOptions.Json();
        var command = new Command("search", "Search pictures and texts with words, pictures or rows, or find duplicates")
        {
            features, words, pictures, like, without, find, texts, minScore, duplicates, adapter, top, json,
        };
        encoders.AddTo(command);
        SearchQueries Queries(ParseResult parsed) => new(
            parsed.GetValue(words) ?? [], parsed.GetValue(pictures) ?? [], parsed.GetValue(like) ?? [], parsed.GetValue(without) ?? []);
        runner.SetAction(command, (parsed, session) =>
        {
            string folder = parsed.GetRequiredValue(features), what = parsed.GetRequiredValue(find);
            using var rows = new SearchedRows(folder, parsed.GetValue(texts));
            RowKind? kind = what switch { "images" => RowKind.Image, "texts" => RowKind.Text, _ => null };
            MixedIndex index = rows.Index(kind, both: parsed.IsGiven(find) && kind is null);
            bool both = kind is null && index.Count(RowKind.Image) > 0 && index.Count(RowKind.Text) > 0;
            string found = both ? "both" : kind == RowKind.Text || index.Count(RowKind.Image) == 0 ? "texts" : "images";
            if (both) NoteGap(session, folder, rows, index);
            if (parsed.GetValue(duplicates) is { } least)
            {
                SimilarPairs pairs = Compare(session, index, least, parsed.GetValue(top), kind);
                var output = new SearchOutput(found, rows.Describe(pairs.Best.SelectMany(pair => (MixedRow[])[pair.First, pair.Second])));
                if (parsed.GetValue(json)) session.PrintJson(writer => output.Write(writer, pairs, least));
                else session.Terminal.WriteTable(output.Table(pairs));
                return;
            }

            SearchQueries queries = Queries(parsed);
            MixedRow[] asked = [.. queries.Like.Select(name => rows.Find(name, index))];
            Tensor vectors = queries.Embed(session, folder, index, Encoders, parsed.GetValue(adapter), asked);
            EmbedModel Encoders() =>
                encoders.Open(session, parsed, queries.Pictures.FirstOrDefault(), queries.Words.Concat(queries.Without).FirstOrDefault());
            IReadOnlyList<MixedMatches> matches = Search(index, vectors, asked, queries, new MixedSearchOptions
            {
                Top = parsed.GetValue(top),
                Find = kind,
                MinScore = parsed.GetValue(minScore),
            }, session.Cancellation);
            var shown = new SearchOutput(found, rows.Describe(matches.SelectMany(query => query.Matches).Select(match => match.Row)));
            if (parsed.GetValue(json)) session.PrintJson(writer => shown.Write(writer, queries, matches));
            else foreach (TextTable table in shown.Tables(queries, matches)) session.Terminal.WriteTable(table);
        },
        parsed =>
        {
            SearchQueries queries = Queries(parsed);
            if (parsed.IsGiven(duplicates))
            {
                if (!queries.AreNone || queries.Without.Length > 0 || parsed.IsGiven(minScore))
                    throw new UsageException("--duplicates compares rows with each other: leave out words, --image, --like, --without and "
                        + "--min-score");
                return;
            }

            if (queries.AreNone) throw new UsageException("nothing to search for: give words, --image or --like");
            if (queries.NeedModel)
                encoders.Check(parsed, queries.Pictures.FirstOrDefault(), queries.Words.Concat(queries.Without).FirstOrDefault());
        });
        return command;
    }

    // Rows that are queries of their own do not find themselves; rows that are part of every query are found by none.
    private static IReadOnlyList<MixedMatches> Search(MixedIndex index, Tensor vectors, MixedRow[] like, SearchQueries queries,
        MixedSearchOptions options, CancellationToken cancellation)
    {
        if (like.Length <= 1 || queries.Words.Length + queries.Pictures.Length > 0)
            return index.Search(vectors, options with { Except = like }, cancellation);
        return
        [
            .. like.SelectMany((row, query) => index.Search(
                Tensor.From(vectors.Span.Slice(query * vectors.Width, vectors.Width), 1, vectors.Width),
                options with { Except = [row] }, cancellation)),
        ];
    }

    private static SimilarPairs Compare(Session session, MixedIndex index, double least, int top, RowKind? kind)
    {
        SimilarPairs? pairs = null;
        long total = kind is { } one ? index.Count(one) : (long)index.Count(RowKind.Image) + index.Count(RowKind.Text);
        session.Terminal.WithProgress("comparing rows", total, progress =>
            pairs = index.FindDuplicates(least, top, kind, new Report(done => progress.Report(done)), session.Cancellation));
        return pairs!;
    }

    private static void NoteGap(Session session, string folder, SearchedRows rows, MixedIndex index)
    {
        if (index.Gap() is { } gap ? gap <= VisibleGap : !rows.IsSaidToBeRaw) return;
        session.Terminal.Say($"note: images and texts of '{folder}' are not aligned, so their scores do not compare: a text finds texts "
            + "first, whatever the images show; run align and apply, or give --find images or --find texts");
    }

    private static double? Cosine(System.CommandLine.Parsing.ArgumentResult result)
    {
        string token = result.Tokens[0].Value;
        if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= -1 and <= 1)
            return value;
        result.AddError($"--duplicates: expected a cosine from -1 up to 1, got '{token}'");
        return null;
    }

    /// <summary>Progress at once, and in order.</summary>
    private sealed class Report(Action<long> done) : IProgress<long>
    {
        void IProgress<long>.Report(long value) => done(value);
    }
}
