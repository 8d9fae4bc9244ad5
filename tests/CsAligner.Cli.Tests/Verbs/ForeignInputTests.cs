using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Inputs as other programs, systems and accidents leave them, through the commands that take them.</summary>
public class ForeignInputTests
{
    private static readonly string Model = Path.Combine(Repository.Root, "models", "icon-clip");

    [Theory]
    [InlineData("evaluate", "--images", "SET", "--texts", "SET/")]
    [InlineData("measure", "SET", "./SET")]
    [InlineData("align", "--images", "SET", "--texts", "SET", "--out", "OUT", "--epochs", "1")]
    [InlineData("search", "SET", "word", "--model", "MODEL")]
    public void Shards_that_do_not_belong_together_are_named(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        Shards(folder, "img_emb", 0, 2);
        Shards(folder, "text_emb", 0, 1);
        Directory.CreateDirectory(folder["set/metadata"]);
        foreach (int number in (int[])[0, 1]) File.WriteAllText(folder[$"set/metadata/metadata_{number}.jsonl"], "{}\n{}\n{}\n");
        CommandLineRun run =
            CommandLineRun.Of(
                [.. arguments.Select(a => a.Replace("./SET", Path.Combine(folder.Path, ".", "set"), StringComparison.Ordinal)
                    .Replace("SET", folder["set"], StringComparison.Ordinal).Replace("OUT", folder["out"], StringComparison.Ordinal)
                    .Replace("MODEL", Model, StringComparison.Ordinal))]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'img_emb_2.npy' has no ", run.ErrorLine, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void A_set_that_is_mapped_keeps_its_rows_in_step_or_is_refused()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["a.npy"], Rows(40, 192, 1));
        Npy.Write(folder["b.npy"], Rows(40, 192, 2));
        Assert.Equal(0,
            CommandLineRun.Of("align", "--images", folder["a.npy"], "--texts", folder["b.npy"], "--out", folder["run"], "--epochs",
                "1").ExitCode);
        Shards(folder, "img_emb", 0, 2);
        Shards(folder, "text_emb", 0, 1);
        CommandLineRun run = CommandLineRun.Of("apply", "--adapter", folder["run"], folder["set"], folder["new/out"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'img_emb_2.npy' has no text_emb_2 beside it", run.ErrorLine, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["new"]));

        // What fails in the middle leaves no folder either.
        foreach (string side in (string[])["img_emb", "text_emb"]) Directory.Delete(folder[$"set/{side}"], recursive: true);
        Shards(folder, "img_emb", 0);
        Shards(folder, "text_emb", 0);
        Tensor rows = Rows(3, 192, 3);
        rows.Span[280] = float.NaN;
        Npy.Write(folder["set/text_emb/text_emb_0.npy"], rows);
        run = CommandLineRun.Of("apply", "--adapter", folder["run"], folder["set"], folder["new/out"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("text_emb_0.npy': row 1, column 88 is NaN", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["new"]));
    }

    [Fact]
    public void Features_of_any_numeric_type_are_read()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["float.npy"], Rows(12, 4, 1));
        foreach (string name in (string[])["u1", "i1", "b1",
            .. new[] { "f2", "f4", "f8", "i8", "i4", "i2", "u8", "u4",
                "u2" }.SelectMany(type => (string[])[$"little-{type}", $"big-{type}"])])
        {
            string path = Path.Combine(Repository.Root, "tests", "CsAligner.Tensors.Tests", "Golden", "Formats", $"{name}.npy");
            CommandLineRun run = CommandLineRun.Of("measure", path, folder["float.npy"], "--bandwidth", "1", "--json");
            Assert.True(run.ExitCode == 0, run.Error);
            Assert.Equal(3, run.Json.GetProperty("rows_x").GetInt32());
        }
    }

    [Theory]
    [InlineData("empty.tar", "it has no samples")]
    [InlineData("readme.tar", "it has no samples")]
    [InlineData("none", "it has no captions.tsv")]
    [InlineData("comments.tsv", "no sample could be used: all 2 are bad")]
    [InlineData("heading.csv", "it names no images")]
    [InlineData("empty.jsonl", "the file is empty")]
    [InlineData("blank.jsonl", "it names no images")]
    [InlineData("coco.json", "it has no \"images\"")]
    [InlineData("coco-without.json", "none of its \"annotations\"")]
    [InlineData("karpathy:karpathy.json:test", "it has no images of split 'test'")]
    [InlineData("features", "neither img_emb_N.npy nor text_emb_N.npy")]
    public void Data_without_a_single_sample_is_one_line_and_leaves_nothing(string data, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["empty.tar"], new byte[10240]);
        using (var stream = File.Create(folder["readme.tar"]))
        using (var tar = new System.Formats.Tar.TarWriter(stream))
            tar.WriteEntry(
                new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile,
                    "README")
                { DataStream = new MemoryStream([1]) });
        Directory.CreateDirectory(folder["none"]);
        Directory.CreateDirectory(folder["features/img_emb"]);
        File.WriteAllText(folder["comments.tsv"], "# a\n# b\n");
        File.WriteAllText(folder["heading.csv"], "image,caption\n");
        File.WriteAllText(folder["empty.jsonl"], "");
        File.WriteAllText(folder["blank.jsonl"], "\n \n");
        File.WriteAllText(folder["coco.json"], "{\"images\": [], \"annotations\": []}");
        File.WriteAllText(folder["coco-without.json"], "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"annotations\": []}");
        File.WriteAllText(folder["karpathy.json"], "{\"images\": []}");
        string[] before = Directory.GetFileSystemEntries(folder.Path);
        string name = data.Contains(':') ? data.Replace("karpathy.json", folder["karpathy.json"], StringComparison.Ordinal) : folder[data];
        CommandLineRun run = CommandLineRun.Of("embed", "--model", Model, "--data", name, "--out", folder["deep/out"]);
        Assert.Equal(1, run.ExitCode);
        string line = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Single(text => text.StartsWith("csalign: ", StringComparison.Ordinal));
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("bad-samples.log", line, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Recipes_and_runs_may_have_marks_comments_and_numbers_of_any_form()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["a.npy"], Rows(40, 8, 1));
        Npy.Write(folder["b.npy"], Rows(40, 8, 2));
        File.WriteAllText(
            folder["sweep.json"],
            $$"""
            {"name": "s", "data": {"images": "{{folder["a.npy"]}}", "texts": "{{folder["b.npy"]}}", "folds": 2.0}, /* few */
             "options": {"epochs": 1e0, "batch_size": 16.0, "objective": "cs",}, "grid": {"lr": [1e-3]}, "seeds": [0],}
            """,
            System.Text.Encoding.UTF8);
        CommandLineRun run = CommandLineRun.Of("sweep", folder["sweep.json"], "--out", folder["out"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(0,
            CommandLineRun.Of("align", "--images", folder["a.npy"], "--texts", folder["b.npy"], "--out", folder["run"], "--epochs",
                "1").ExitCode);
        string text = File.ReadAllText(folder["run/run.json"]);
        File.WriteAllText(folder["run/run.json"],
            System.Text.RegularExpressions.Regex.Replace(text, "\"seconds\": [0-9.eE-]+", "\"seconds\": NaN"), System.Text.Encoding.UTF8);
        Assert.Contains("NaN", File.ReadAllText(folder["run/run.json"]), StringComparison.Ordinal);
        run = CommandLineRun.Of("report", folder["run"], "--out", folder["report.html"]);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private static Tensor Rows(int rows, int width, ulong seed)
    {
        var random = new RandomGenerator(seed);
        var tensor = new Tensor(rows, width);
        foreach (ref float value in tensor.Span) value = (float)random.NextNormal();
        return tensor;
    }

    private static void Shards(TemporaryFolder folder, string side, params int[] numbers)
    {
        Directory.CreateDirectory(folder[$"set/{side}"]);
        foreach (int number in numbers) Npy.Write(folder[$"set/{side}/{side}_{number}.npy"], Rows(3, 192, (ulong)number));
    }
}
