using System.Text.Json;
using CsAligner.Cli.Tests.Guides;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>A feature set becomes an index on the first start, aligned where it has a gap; and indexes move between stores.</summary>
public sealed class ServeVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ServeVerbTests()
    {
        GuideFolder.Fill(_folder);
        Run("embed", "--model", "icon-clip", "--data", _folder["photos"], "--out", Features);
    }

    private string Features => _folder["features"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_feature_set_with_a_gap_is_aligned_and_indexed_once()
    {
        string[] line = [Features, "--model", "icon-clip", "--pictures", _folder["photos"]];
        await using (var first = await ServedProcess.StartAsync(line))
        {
            JsonElement stats = await first.GetAsync("v1/stats");
            Assert.Equal(200, stats.GetProperty("items").GetProperty("images").GetInt32());
            string[] found = await first.FindAsync("q=a+red+circle&find=images&top=5");
            Assert.Equal(5, found.Length);
            Assert.All(found, id => Assert.StartsWith("image:", id, StringComparison.Ordinal));

            JsonElement gap = (await first.GetAsync("v1/map")).GetProperty("gap");
            double before = gap.GetProperty("before").GetProperty("divergence").GetDouble();
            Assert.InRange(gap.GetProperty("after").GetProperty("divergence").GetDouble(), -1, before / 4);
            var (code, error) = await first.StopAsync();
            Assert.Equal(0, code);
            Assert.Contains("aligned in closed form", error, StringComparison.Ordinal);
            Assert.Contains("indexing", error, StringComparison.Ordinal);
        }

        await using (var again = await ServedProcess.StartAsync(line))
        {
            var (_, error) = await again.StopAsync();
            Assert.DoesNotContain("indexing", error, StringComparison.Ordinal);
        }

        // The same index by itself, with the adapter that the first start made.
        string made = Assert.Single(Directory.GetDirectories(Features, "closed-form-*"));
        await using var alone =
            await ServedProcess.StartAsync([Path.Combine(Features, "index"), "--model", "icon-clip", "--adapter", made]);
        Assert.Equal("text:0", (await alone.FindAsync("q=a+red+circle+of+size+1&find=texts&top=1"))[0]);
    }

    [Fact]
    public async Task Words_go_through_the_adapter_that_mapped_the_rows()
    {
        Run("align", "--images", Features, "--texts", Features, "--out", _folder["aligned"]);
        await using var served = await ServedProcess.StartAsync([Features, "--model", "icon-clip", "--adapter", _folder["aligned"]]);
        JsonElement hit = (await served.GetAsync("v1/search?q=a+red+circle+of+size+1&find=texts&top=1")).GetProperty("hits")[0];
        Assert.Equal("text:0", hit.GetProperty("id").GetString());
        Assert.InRange(hit.GetProperty("score").GetDouble(), 0.999, 1.001);
        await served.StopAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServedProcess.StartAsync([Features, "--model", "icon-clip", "--unaligned"]));
        Assert.Contains("with other features or another adapter", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_is_copied_whole_and_never_over_another()
    {
        await using (var served = await ServedProcess.StartAsync([Features, "--model", "icon-clip", "--unaligned"]))
            await served.StopAsync();
        string index = Path.Combine(Features, "index"), copy = _folder["copy"];
        JsonElement copied = CommandLineRun.Of("index", "copy", index, copy, "--json").Json;
        Assert.Equal(480, copied.GetProperty("items").GetInt32());
        Assert.Contains("already where the copy should go", CommandLineRun.Of("index", "copy", index, copy).Error,
            StringComparison.Ordinal);
        Run("index", "copy", index, copy, "--merge");
        await using var moved = await ServedProcess.StartAsync([copy, "--model", "icon-clip"]);
        Assert.Equal("text:0", (await moved.FindAsync("q=a+red+circle+of+size+1&find=texts&top=1"))[0]);
    }

    [Fact]
    public void What_does_not_go_together_is_refused_before_work()
    {
        Assert.Contains("--adapter aligns and --unaligned does not", Refused("--adapter", _folder.Path, "--unaligned"),
            StringComparison.Ordinal);
        Assert.Contains("and there is no key", Refused("--listen", "*:0"), StringComparison.Ordinal);
        Assert.Contains("expected ADDRESS:PORT", Refused("--listen", "7860"), StringComparison.Ordinal);
        Assert.Contains("there is no store for 'mysql://…'", Refused("--store", "mysql://here"), StringComparison.Ordinal);

        string Refused(params string[] more)
        {
            var run = CommandLineRun.Of(["serve", Features, "--model", "icon-clip", .. more]);
            Assert.NotEqual(0, run.ExitCode);
            return run.Error;
        }
    }

    private static void Run(params string[] arguments)
    {
        var run = CommandLineRun.Of(arguments);
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
