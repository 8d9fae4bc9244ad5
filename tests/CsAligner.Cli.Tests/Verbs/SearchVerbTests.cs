using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Words ask words: the model is real, and pictures are not needed for that.</summary>
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
        Assert.Equal((2, "csalign: nothing to search for: give words, or --image"), Line("search", folder["set"], "--model", Model));
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

    private static (int Code, string Line) Line(params string[] arguments)
    {
        CommandLineRun run = CommandLineRun.Of(arguments);
        return (run.ExitCode, run.Error.Split('\n')[0].TrimEnd('\r'));
    }

    private static void Save(TemporaryFolder folder, string name, Modality modality, Tensor features)
    {
        using var writer = new FeatureSetWriter(folder[name], ElementType.Float32, shardRows: 2);
        writer.WriteRows(modality, features.Span, features.Width);
        foreach (string caption in Captions) writer.WriteMetadata(new JsonObject { ["caption"] = caption });
        writer.Commit("icon-clip", normalised: true);
    }
}
