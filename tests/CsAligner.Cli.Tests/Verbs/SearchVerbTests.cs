using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Words ask words: the model is real, and pictures are hardly needed for that.</summary>
public class SearchVerbTests
{
    private static readonly string Model = Path.Combine(Repository.Root, "models", "icon-clip");

    private static readonly string[] Captions = ["arrow left", "coffee", "red heart", "battery charging", "star"];

    [Theory]
    [InlineData(Modality.Image)]
    [InlineData(Modality.Text)]
    public void The_row_that_is_the_query_itself_comes_first(Modality modality)
    {
        using var folder = new TemporaryFolder();
        Save(folder, "set", modality, ClipEmbedder.Load(Model).EmbedTexts(Captions, null, TestContext.Current.CancellationToken));
        CommandLineRun run = CommandLineRun.Of("search", folder["set"], "red heart", "coffee", "--model", Model, "--top", "3", "--json");
        Assert.Equal(0, run.ExitCode);
        JsonElement[] queries = [.. run.Json.GetProperty("queries").EnumerateArray()];
        Assert.Equal(["red heart", "coffee"], queries.Select(query => query.GetProperty("query").GetString()));
        foreach (JsonElement query in queries)
        {
            JsonElement[] matches = [.. query.GetProperty("matches").EnumerateArray()];
            Assert.Equal(3, matches.Length);
            Assert.Equal(query.GetProperty("query").GetString(), matches[0].GetProperty("metadata").GetProperty("caption").GetString());
            Assert.Equal(1, matches[0].GetProperty("cosine").GetDouble(), 1e-3);
            Assert.True(matches[1].GetProperty("cosine").GetDouble() >= matches[2].GetProperty("cosine").GetDouble());
        }

        Assert.Contains("red heart", CommandLineRun.Of("search", folder["set"], "red heart", "--model", Model).Output);
    }

    [Fact]
    public void Queries_go_through_the_closed_form_of_a_run_that_trained_nothing()
    {
        using var folder = new TemporaryFolder();
        string[] names = [.. Enumerable.Range(0, 60).Select(i => $"{Captions[i % 5]} {i / 5}")];
        Tensor features = ClipEmbedder.Load(Model).EmbedTexts(names, null, TestContext.Current.CancellationToken);
        Save(folder, "set", Modality.Text, features, metadata: false);
        Npy.Write(folder["images.npy"], Tensor.Normal(new RandomGenerator(1), 1, 60, features.Width));
        Assert.Equal(0, CommandLineRun.Of("align", "--images", folder["images.npy"], "--texts", folder["set"], "--objective", "barycentre",
            "--out", folder["run"]).ExitCode);
        Assert.Equal(0, CommandLineRun.Of("apply", "--adapter", folder["run/text-adapter.safetensors"], folder["set"], folder["rows.npy"])
            .ExitCode);
        Save(folder, "mapped", Modality.Text, Npy.ReadTensor(folder["rows.npy"]), metadata: false);
        CommandLineRun run =
            CommandLineRun.Of("search", folder["mapped"], names[7], "--model", Model, "--adapter", folder["run"], "--json");
        JsonElement best = run.Json.GetProperty("queries")[0].GetProperty("matches")[0];
        Assert.Equal(7, best.GetProperty("row").GetInt32());
        Assert.Equal(1, best.GetProperty("cosine").GetDouble(), 1e-3);
    }

    [Fact]
    public void Queries_go_through_the_runs_adapter()
    {
        using var folder = new TemporaryFolder();
        Tensor features = ClipEmbedder.Load(Model).EmbedTexts(Captions, null, TestContext.Current.CancellationToken);
        var shift = new Tensor(features.Width);
        for (int d = 0; d < shift.Length; d++) shift.Span[d] = d % 2 == 0 ? 0.5f : -0.5f;
        Directory.CreateDirectory(folder["run"]);
        var adapter = new IdentityAdapter(shift);
        adapter.Save(folder["run/text-adapter.safetensors"]);
        Save(folder, "set", Modality.Image, adapter.Apply(features));
        JsonElement best =
            CommandLineRun.Of("search", folder["set"], "star", "--model", Model, "--adapter", folder["run"],
                "--json").Json.GetProperty("queries")[0].GetProperty("matches")[0];
        Assert.Equal((4, 1), (best.GetProperty("row").GetInt32(), Math.Round(best.GetProperty("cosine").GetDouble(), 3)));
        JsonElement without =
            CommandLineRun.Of("search", folder["set"], "star", "--model", Model,
                "--json").Json.GetProperty("queries")[0].GetProperty("matches")[0];
        Assert.True(without.GetProperty("cosine").GetDouble() < 0.9);
    }

    [Fact]
    public void What_cannot_be_asked_is_one_clear_line()
    {
        using var folder = new TemporaryFolder();
        Save(folder, "set", Modality.Image, Tensor.From([.. Enumerable.Repeat(1f, 15)], 5, 3));
        Assert.Equal((2, "csalign: nothing to search for: give words, --image or --like"), Line("search", folder["set"], "--model", Model));
        var (code, line) = Line("search", folder["set"], "star", "--model", Model);
        Assert.Equal(1, code);
        Assert.Contains("rows have 3 values", line);
        (code, line) = Line("search", folder["none"], "star", "--model", Model);
        Assert.Equal(1, code);
        Assert.Contains("there is no such folder", line);
    }

    [Fact]
    public void What_is_typed_as_words_is_words()
    {
        using var folder = new TemporaryFolder();
        Save(folder, "set", Modality.Text, ClipEmbedder.Load(Model).EmbedTexts(Captions, null, TestContext.Current.CancellationToken));
        File.WriteAllText(folder["response.txt"], "--top 1");
        string[] words =
            ["true", "-5", "-5 degrees", $"@{folder["response.txt"]}", "@", "/?", "/h", "-hot", "-", "---", "--5", "--with spaces",
                "[suggest]", "search", "a=b", "a\nb"];
        string[] after = ["--top", "-h", "--help", "--"];
        CommandLineRun run = CommandLineRun.Of(["search", folder["set"], "--model", Model, "--json", .. words, "--", .. after]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal([.. words, .. after],
            run.Json.GetProperty("queries").EnumerateArray().Select(query => query.GetProperty("query").GetString()!));
        Assert.Equal(5, run.Json.GetProperty("queries")[0].GetProperty("matches").GetArrayLength());
    }

    // Five images, of which two have two texts; so texts lie behind each other in pairs.npy.
    private static readonly string[] Texts =
        ["left arrow", "pointing left", "a cup of coffee", "red heart", "charging", "a star", "night sky"];

    private static readonly int[] ImageOfText = [0, 0, 1, 2, 3, 4, 4];

    [Theory]
    [InlineData(null)]
    [InlineData("images")]
    [InlineData("texts")]
    [InlineData("both")]
    public void Images_and_texts_are_one_list(string? find)
    {
        using var folder = new TemporaryFolder();
        (Tensor images, Tensor texts) = SaveBoth(folder, "set");
        Tensor asked = Embed("a heart");
        string[] chosen = find is null ? [] : ["--find", find];
        JsonElement json = Json(["search", folder["set"], "a heart", "--model", Model, "--top", "20", "--json", .. chosen]);
        Assert.Equal(find ?? "both", json.GetProperty("find").GetString());
        (string Kind, int Row, double Score)[] expected =
        [
            .. Enumerable.Range(0, find == "texts" ? 0 : 5).Select(row => ("image", row, Dot(asked, 0, images, row))),
            .. Enumerable.Range(0, find == "images" ? 0 : 7).Select(row => ("text", row, Dot(asked, 0, texts, row))),
        ];
        JsonElement[] matches = Matches(json);
        Assert.Equal(expected.OrderByDescending(e => e.Score).Select(e => (e.Kind, e.Row)), matches.Select(KindAndRow));
        for (int place = 0; place < matches.Length; place++)
        {
            var (kind, row) = KindAndRow(matches[place]);
            Assert.Equal(place + 1, matches[place].GetProperty("rank").GetInt32());
            double score = expected.Single(e => (e.Kind, e.Row) == (kind, row)).Score;
            Assert.Equal(score, matches[place].GetProperty("cosine").GetDouble(), 1e-5);
            Assert.Equal(kind == "image" ? Captions[row] : Texts[row], matches[place].GetProperty("name").GetString());
            Assert.Equal($"{(kind == "image" ? row : ImageOfText[row])}.png", matches[place].GetProperty("path").GetString());
        }

        CommandLineRun table = CommandLineRun.Of(["search", folder["set"], "a heart", "--model", Model, "--top", "20", .. chosen]);
        Assert.Equal(find != "images", table.Output.Contains("pointing left", StringComparison.Ordinal));
        Assert.Equal(find != "texts", table.Output.Contains("image", StringComparison.Ordinal));
    }

    [Fact]
    public void Pictures_and_rows_beside_words_are_part_of_each_query()
    {
        using var folder = new TemporaryFolder();
        (Tensor images, Tensor texts) = SaveBoth(folder, "set");
        folder.Write("grey.png", PngFile.Encode([.. Enumerable.Repeat((byte)90, 3 * 64 * 64)], 64, 64));
        Tensor words = Embed("a heart", "the moon");
        Tensor picture = ClipEmbedder.Load(Model).EmbedImages(1, (_, rgb) => rgb.Fill(90), null, TestContext.Current.CancellationToken);
        JsonElement json = Json("search", folder["set"], "a heart", "the moon", "--image", folder["grey.png"], "--like", "text:5",
            "--model", Model, "--top", "20", "--json");
        Assert.Equal(2, json.GetProperty("queries").GetArrayLength());
        for (int query = 0; query < 2; query++)
        {
            Assert.Equal([folder["grey.png"], "text:5"],
                json.GetProperty("queries")[query].GetProperty("together_with").EnumerateArray().Select(part => part.GetString()));
            double[] mean =
            [
                .. Enumerable.Range(0, words.Width).Select(d =>
                    (double)words.Span[(query * words.Width) + d] + picture.Span[d] + texts.Span[(5 * words.Width) + d]),
            ];
            double length = Math.Sqrt(mean.Sum(value => value * value));
            Tensor asked = Tensor.From([.. mean.Select(value => (float)(value / length))], 1, words.Width);
            JsonElement[] matches = Matches(json, query);
            Assert.Equal(11, matches.Length);
            Assert.DoesNotContain(("text", 5), matches.Select(KindAndRow));
            foreach (JsonElement match in matches)
            {
                var (kind, row) = KindAndRow(match);
                Assert.Equal(Dot(asked, 0, kind == "image" ? images : texts, row), match.GetProperty("cosine").GetDouble(), 1e-5);
            }
        }

        // Without words, each picture is a query.
        json = Json("search", folder["set"], "--image", folder["grey.png"], "--image", folder["grey.png"], "--model", Model, "--json");
        Assert.Equal(2, json.GetProperty("queries").GetArrayLength());
        Assert.Equal(Matches(json, 0).Select(KindAndRow), Matches(json, 1).Select(KindAndRow));
    }

    [Theory]
    [InlineData("2", "image", 2)]
    [InlineData("image:2", "image", 2)]
    [InlineData("text:6", "text", 6)]
    [InlineData("night sky", "text", 6)]
    [InlineData("image:red heart", "image", 2)]
    [InlineData("text:red heart", "text", 3)]
    [InlineData("4.png", "image", 4)]
    [InlineData("4", "image", 4)]
    [InlineData("coffee", "image", 1)]
    public void A_row_of_either_kind_is_a_query_and_does_not_find_itself(string like, string kind, int row)
    {
        using var folder = new TemporaryFolder();
        (Tensor images, Tensor texts) = SaveBoth(folder, "set");
        JsonElement json = Json("search", folder["set"], "--like", like, "--top", "20", "--json");
        Assert.Equal(like, json.GetProperty("queries")[0].GetProperty("query").GetString());
        JsonElement[] matches = Matches(json);
        Assert.Equal(11, matches.Length);
        Assert.DoesNotContain((kind, row), matches.Select(KindAndRow));
        foreach (JsonElement match in matches)
        {
            var (foundKind, found) = KindAndRow(match);
            Assert.Equal(Dot(kind == "image" ? images : texts, row, foundKind == "image" ? images : texts, found),
                match.GetProperty("cosine").GetDouble(), 1e-5);
        }

        // A row may ask for the other kind; two rows ask twice and find each other.
        Assert.All(Matches(Json("search", folder["set"], "--like", like, "--find", "texts", "--json")),
            match => Assert.Equal("text", KindAndRow(match).Kind));
        json = Json("search", folder["set"], "--like", like, "--like", "3", "--top", "20", "--json");
        Assert.Contains(("image", 3), Matches(json, 0).Select(KindAndRow));
        Assert.DoesNotContain(("image", 3), Matches(json, 1).Select(KindAndRow));
        Assert.Contains((kind, row), Matches(json, 1).Select(KindAndRow));
    }

    [Fact]
    public void Words_to_leave_out_are_no_longer_found()
    {
        using var folder = new TemporaryFolder();
        (Tensor images, _) = SaveBoth(folder, "set");
        Tensor parts = Embed("red heart", "coffee", "star");
        string[] arguments = ["search", folder["set"], "red heart", "--model", Model, "--find", "images", "--top", "5", "--json"];
        JsonElement plain = Json(arguments), left = Json([.. arguments, "--without", "coffee"]);
        Assert.Equal(["coffee"], left.GetProperty("queries")[0].GetProperty("without").EnumerateArray().Select(w => w.GetString()));

        // q - (q . w) w, scaled to length 1.
        double along = Dot(parts, 0, parts, 1);
        Assert.InRange(along, 0.05, 0.95);
        foreach (JsonElement match in Matches(left))
        {
            int row = KindAndRow(match).Row;
            double expected = (Dot(parts, 0, images, row) - (along * Dot(parts, 1, images, row))) / Math.Sqrt(1 - (along * along));
            Assert.Equal(expected, match.GetProperty("cosine").GetDouble(), 1e-5);
        }

        Assert.NotEqual(0, CosineOf(plain, 1), 0.02);
        Assert.Equal(0, CosineOf(left, 1), 1e-5);
        JsonElement both = Json([.. arguments, "--without", "coffee", "--without", "star"]);
        Assert.True(CosineOf(both, 1) < 1e-5 && CosineOf(both, 4) < 1e-5);

        static double CosineOf(JsonElement json, int row) =>
            Matches(json).Single(match => KindAndRow(match).Row == row).GetProperty("cosine").GetDouble();
    }

    [Fact]
    public void A_lowest_score_cuts_the_list()
    {
        using var folder = new TemporaryFolder();
        SaveBoth(folder, "set");
        string[] arguments = ["search", folder["set"], "red heart", "--model", Model, "--top", "20", "--json"];
        JsonElement all = Json(arguments);
        double third = Matches(all)[2].GetProperty("cosine").GetDouble();
        JsonElement json = Json([.. arguments, "--min-score", third.ToString("R", System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.Equal(Matches(all).Take(3).Select(KindAndRow), Matches(json).Select(KindAndRow));
        Assert.Equal(third, json.GetProperty("queries")[0].GetProperty("min_score").GetProperty("text").GetDouble(), 1e-6);
        Assert.Empty(Matches(Json([.. arguments, "--min-score=1", "--without", "coffee"])));
        Assert.Equal(JsonValueKind.Null, all.GetProperty("queries")[0].GetProperty("min_score").GetProperty("image").ValueKind);
        Refused("needs at least 8 images", [.. arguments, "--min-score", "auto"]);

        var rows = Tensor.Normal(new RandomGenerator(1), 1, 1000, 192);
        Embed("red heart").Span.CopyTo(rows.Span[(700 * 192)..]);
        Save(folder, "many", Modality.Image, rows, metadata: false);
        json = Json("search", folder["many"], "red heart", "--model", Model, "--top", "20", "--json", "--min-score", "auto");
        Assert.Equal(("image", 700), KindAndRow(Matches(json)[0]));
        Assert.InRange(Matches(json).Length, 1, 6);
        Assert.InRange(json.GetProperty("queries")[0].GetProperty("min_score").GetProperty("image").GetDouble(), 0.15, 0.35);
    }

    [Fact]
    public void Near_duplicates_are_pairs_of_both_kinds()
    {
        using var folder = new TemporaryFolder();
        Tensor images = Embed("arrow left", "coffee", "arrow left", "battery", "star"), texts = Embed(Texts);
        SaveBoth(folder, "set", images, texts);
        JsonElement json = Json("search", folder["set"], "--duplicates", "0.999", "--json");
        Assert.Equal((1, 0.999), (json.GetProperty("total").GetInt64(), json.GetProperty("min_cosine").GetDouble()));
        JsonElement pair = json.GetProperty("pairs")[0];
        Assert.Equal((("image", 0), ("image", 2)), (KindAndRow(pair.GetProperty("first")), KindAndRow(pair.GetProperty("second"))));
        Assert.Equal(1, pair.GetProperty("cosine").GetDouble());
        Assert.Equal("2.png", pair.GetProperty("second").GetProperty("path").GetString());
        json = Json("search", folder["set"], "--duplicates", "-1", "--find", "texts", "--top", "3", "--json");
        Assert.Equal((21, 3), (json.GetProperty("total").GetInt64(), json.GetProperty("pairs").GetArrayLength()));
        Assert.Equal(12 * 11 / 2, Json("search", folder["set"], "--duplicates", "-1", "--json").GetProperty("total").GetInt64());
        Assert.Contains("image:2 red heart", CommandLineRun.Of("search", folder["set"], "--duplicates", "0.999").Output);
    }

    [Fact]
    public void Texts_may_lie_in_a_set_of_their_own()
    {
        using var folder = new TemporaryFolder();
        Save(folder, "pictures", Modality.Image, Embed(Captions));
        Save(folder, "words", Modality.Text, Embed("heart, red", "a cup", "to the left", "electric", "sun"));
        JsonElement json = Json("search", folder["pictures"], "red heart", "--texts", folder["words"], "--model", Model, "--json");
        Assert.Equal([("image", 2), ("text", 0)], Matches(json).Take(2).Select(KindAndRow));
        Refused("it has no images", "search", folder["words"], "red heart", "--texts", folder["words"], "--model", Model);
        Refused("it has no text_emb", "search", folder["pictures"], "red heart", "--texts", folder["pictures"], "--model", Model);
    }

    [Fact]
    public void A_gap_between_the_kinds_is_said_once_on_stderr()
    {
        using var folder = new TemporaryFolder();
        SaveBoth(folder, "raw");
        SaveBoth(folder, "mapped", encoder: "icon-clip, aligned");
        Assert.Contains("note: images and texts of", CommandLineRun.Of("search", folder["raw"], "--like", "2").Error);
        Assert.Equal("", CommandLineRun.Of("search", folder["raw"], "--like", "2", "--find", "images").Error);
        Assert.Equal("", CommandLineRun.Of("search", folder["mapped"], "--like", "2").Error);

        // With enough rows, the rows decide and not what the file says.
        Tensor images = Tensor.Normal(new RandomGenerator(1), 1, 100, 32), texts = Tensor.Normal(new RandomGenerator(2), 1, 100, 32);
        SaveBoth(folder, "near", images, texts);
        Assert.Equal("", CommandLineRun.Of("search", folder["near"], "--like", "2").Error);
        foreach (ref float value in texts.Span) value += 1;
        SaveBoth(folder, "apart", images, texts, "icon-clip, aligned");
        Assert.Contains("note: images and texts of", CommandLineRun.Of("search", folder["apart"], "--like", "2").Error);
    }

    [Fact]
    public void What_is_mistyped_is_said_in_one_line()
    {
        using var folder = new TemporaryFolder();
        SaveBoth(folder, "set");
        Save(folder, "images", Modality.Image, Embed(Captions));
        Save(folder, "texts", Modality.Text, Embed(Captions));
        Save(folder, "nameless", Modality.Image, Embed(Captions), metadata: false);
        SaveBoth(folder, "wide", Embed(Captions), Tensor.Normal(new RandomGenerator(1), 1, 7, 64));
        string set = folder["set"];
        Refused("expected an image row from 0 to 4, got '5'; text:N is a text row", "search", set, "--like", "5");
        Refused("expected an image row from 0 to 4, got '-1'", "search", set, "--like", "-1");
        Refused("expected a text row from 0 to 6, got 'text:7'", "search", set, "--like", "text:7");
        Refused("expected a text row from 0 to 4, got '99999999999'", "search", folder["texts"], "--like", "99999999999");
        Refused("there are no text rows", "search", folder["images"], "--like", "text:1");
        Refused("no row is named 'night sk'; did you mean 'night sky'?", "search", set, "--like", "night sk");
        Refused("no row has a name", "search", folder["nameless"], "--like", "red heart");
        Refused("'red heart' names 2 rows, image:2, text:3: give one of them, such as --like image:2",
            "search", set, "--like", "red heart");
        Refused("cannot find texts", "search", folder["images"], "--like", "1", "--find", "texts");
        Refused("cannot find images", "search", folder["texts"], "--like", "1", "--find", "images");
        Refused("cannot find texts", "search", folder["images"], "--like", "1", "--find", "both");
        Refused("image rows have 192 values and text rows 64", "search", folder["wide"], "--like", "1");
        Assert.Equal(0, CommandLineRun.Of("search", folder["wide"], "--like", "1", "--find", "images").ExitCode);
        Refused("--without leaves nothing of a query", "search", set, "star", "--without", "star", "--model", Model);
        Wrong("--min-score: expected a cosine from -1 up to 1, or auto, got '1.5'", "search", set, "star", "--min-score", "1.5");
        Wrong("got 'NaN'", "search", set, "star", "--min-score", "NaN");
        Wrong("got 'atuo'", "search", set, "star", "--min-score", "atuo");
        Wrong("--duplicates: expected a cosine from -1 up to 1, got '2'", "search", set, "--duplicates", "2");
        Wrong("got 'NaN'", "search", set, "--duplicates", "NaN");
        Wrong("--duplicates compares rows with each other", "search", set, "--duplicates", "0.9", "--like", "1");
        Wrong("--duplicates compares rows with each other", "search", set, "--duplicates", "0.9", "--min-score", "auto");
        Wrong("did you mean 'images'?", "search", set, "star", "--find", "image");
        Wrong("--like is empty", "search", set, "--like", "");
        Wrong("--without is empty", "search", set, "star", "--without", " ");
        Wrong("QUERY is empty", "search", set, "");
        Wrong("nothing to search for", "search", set, "--without", "star", "--model", Model);
        Wrong("--model is missing", "search", set, "star");
        Wrong("--model is missing", "search", set, "--like", "1", "--without", "star");
    }

    private static void Refused(string part, params string[] arguments) => Failed(1, part, arguments);

    private static void Wrong(string part, params string[] arguments) => Failed(2, part, arguments);

    private static void Failed(int code, string part, string[] arguments)
    {
        CommandLineRun run = CommandLineRun.Of(arguments);
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.Equal((code, ""), (run.ExitCode, run.Output));
    }

    private static JsonElement Json(params string[] arguments)
    {
        CommandLineRun run = CommandLineRun.Of(arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Json;
    }

    private static JsonElement[] Matches(JsonElement json, int query = 0) =>
        [.. json.GetProperty("queries")[query].GetProperty("matches").EnumerateArray()];

    private static (string Kind, int Row) KindAndRow(JsonElement match) =>
        (match.GetProperty("kind").GetString()!, match.GetProperty("row").GetInt32());

    private static Tensor Embed(params string[] texts) =>
        ClipEmbedder.Load(Model).EmbedTexts(texts, null, TestContext.Current.CancellationToken);

    private static double Dot(Tensor a, int i, Tensor b, int j) =>
        Enumerable.Range(0, a.Width).Sum(d => (double)a.Span[(i * a.Width) + d] * b.Span[(j * a.Width) + d]);

    private static (Tensor Images, Tensor Texts) SaveBoth(TemporaryFolder folder, string name, Tensor? images = null, Tensor? texts = null,
        string encoder = "icon-clip")
    {
        (images, texts) = (images ?? Embed(Captions), texts ?? Embed(Texts));
        using var writer = new FeatureSetWriter(folder[name], ElementType.Float32, shardRows: 1000);
        writer.WriteRows(Modality.Image, images.Span, images.Width);
        writer.WriteRows(Modality.Text, texts.Span, texts.Width);
        if (texts.Rows == Texts.Length)
        {
            for (int row = 0; row < Captions.Length; row++)
            {
                string[] own = [.. Texts.Where((_, text) => ImageOfText[text] == row)];
                var data = new JsonObject { ["image_path"] = $"{row}.png", ["caption"] = Captions[row] };
                data["captions"] = new JsonArray([.. own.Select(text => JsonValue.Create(text))]);
                writer.WriteMetadata(data);
            }

            writer.SetPairs([.. ImageOfText.Select(row => (long)row)]);
        }

        writer.Commit(encoder, normalised: true);
        return (images, texts);
    }

    private static (int Code, string Line) Line(params string[] arguments)
    {
        CommandLineRun run = CommandLineRun.Of(arguments);
        return (run.ExitCode, run.Error.Split('\n')[0].TrimEnd('\r'));
    }

    private static void Save(TemporaryFolder folder, string name, Modality modality, Tensor features, bool metadata = true)
    {
        using var writer = new FeatureSetWriter(folder[name], ElementType.Float32, shardRows: metadata ? 2 : 1000);
        writer.WriteRows(modality, features.Span, features.Width);
        foreach (string caption in metadata ? Captions : []) writer.WriteMetadata(new JsonObject { ["caption"] = caption });
        writer.Commit("icon-clip", normalised: true);
    }
}
