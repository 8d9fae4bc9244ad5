using CsAligner.Search.Embedded;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Search.Tests.Contract;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Search.Tests.Embedded;

/// <summary>What only a folder does: one process at a time, damaged files, a full disk, the graph that is kept.</summary>
public sealed class EmbeddedIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_process_is_told_who_has_the_index()
    {
        await using (await OpenAsync("index"))
        {
            var refused = await Assert.ThrowsAsync<InputException>(() => OpenAsync("index"));
            Assert.Contains($"open in another process (process {Environment.ProcessId}, since ", refused.Message, StringComparison.Ordinal);
        }

        await (await OpenAsync("index")).DisposeAsync();
    }

    [Theory]
    [InlineData("items.sqlite", "cut")]
    [InlineData("items.sqlite", "other")]
    [InlineData("vectors.f16", "cut")]
    [InlineData("vectors.f16", "other")]
    [InlineData("vectors.f16", "missing")]
    public async Task A_damaged_file_is_one_line(string file, string how)
    {
        SearchItem[] items = Samples.Make(500);
        await using (EmbeddedIndex index = await OpenAsync("index")) await index.AddAsync(items, Stop);
        string path = Path.Combine(_folder["index"], file);
        switch (how)
        {
            case "cut":
                using (var stream = new FileStream(path, FileMode.Open)) stream.SetLength(5000);
                break;
            case "other": await File.WriteAllBytesAsync(path, [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31))], Stop); break;
            default: File.Delete(path); break;
        }

        var failed = await Assert.ThrowsAnyAsync<InputException>(async () =>
        {
            await using EmbeddedIndex index = await OpenAsync("index", width: null);
            await index.SearchAsync(new SearchQuery { Vector = items[0].Vector, Top = 1000 }, Stop);
        });
        Assert.Contains(file, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
    }

    [Fact]
    public async Task A_changed_vector_is_noticed()
    {
        SearchItem[] items = Samples.Make(50);
        await using (EmbeddedIndex index = await OpenAsync("index")) await index.AddAsync(items, Stop);
        string path = Path.Combine(_folder["index"], "vectors.f16");
        byte[] bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes[4096 + (2 * Samples.Width * 7) + 3] ^= 4;
        await File.WriteAllBytesAsync(path, bytes, Stop);
        await using EmbeddedIndex damaged = await OpenAsync("index");
        var failed = await Assert.ThrowsAsync<IndexStoreException>(() => damaged.GetAsync([items[7].Id], Stop));
        Assert.Contains($"'{items[7].Id}'", failed.Message, StringComparison.Ordinal);
        Assert.Single(await damaged.GetAsync([items[8].Id], Stop));
    }

    [Fact]
    public async Task A_full_disk_changes_nothing()
    {
        Directory.CreateDirectory(_folder["disk"]);
        using SmallDisk? disk = SmallDisk.TryMount(_folder["disk"]);
        Assert.SkipWhen(disk is null, "a small disk cannot be mounted here");
        SearchItem[] items = Samples.Make(4000);
        int added = 0;
        await using (EmbeddedIndex index = await OpenAsync("disk/index"))
        {
            var failed = await Assert.ThrowsAsync<IndexStoreException>(async () =>
            {
                for (; added < items.Length; added += 200) await index.AddAsync(items[added..(added + 200)], Stop);
            });
            Assert.Equal(WriteOutcome.NotDone, failed.Outcome);
            Assert.DoesNotContain('\n', failed.Message);
            Assert.True(added > 0);
            Assert.Equal(added, (await index.CountAsync(Stop)).Total);
            Assert.Equal(items[3].Id, (await index.SearchAsync(new SearchQuery { Vector = items[3].Vector, Top = 1 }, Stop))
                .Hits[0].Item.Id);
        }

        await using EmbeddedIndex again = await OpenAsync("disk/index");
        Assert.Equal(added, (await again.CountAsync(Stop)).Total);
        Assert.Equal(added, (await again.SnapshotAsync(Stop).ToListAsync(Stop)).Count);
    }

    [Theory]
    [InlineData("kept")]
    [InlineData("damaged")]
    [InlineData("missing")]
    public async Task The_graph_is_kept_or_built_again(string how)
    {
        SearchItem[] items = Samples.Make(1200);
        var options = new EmbeddedIndexOptions { Width = Samples.Width, ExactUpTo = 100 };
        await using (EmbeddedIndex index = await EmbeddedIndex.OpenAsync(_folder["index"], options, Stop))
        {
            await index.AddAsync(items[..1000], Stop);
            await index.WaitForGraphAsync(Stop);
        }

        string graph = Path.Combine(_folder["index"], "graph.usearch");
        Assert.True(new FileInfo(graph).Length > 1000);
        if (how == "damaged") await File.WriteAllBytesAsync(graph, (await File.ReadAllBytesAsync(graph, Stop))[..^100], Stop);
        if (how == "missing") File.Delete(graph);

        // Changed while no graph was at work: it has to notice.
        await using (EmbeddedIndex index = await EmbeddedIndex.OpenAsync(_folder["index"], options with { ExactUpTo = 100_000 }, Stop))
        {
            await index.AddAsync(items[1000..], Stop);
            await index.RemoveAsync([.. items.Take(50).Select(item => item.Id)], Stop);
            await index.AddAsync([.. items.Take(25)], Stop);
        }

        await using EmbeddedIndex again = await EmbeddedIndex.OpenAsync(_folder["index"], options, Stop);
        if (how == "kept") Assert.InRange(again.Unindexed, 0, 300);
        await again.WaitForGraphAsync(Stop);
        SearchItem[] left = [.. items[..25], .. items[50..]];
        int found = 0;
        foreach (float[] vector in Samples.Queries(30))
        {
            var query = new SearchQuery { Vector = vector };
            SearchAnswer answer = await again.SearchAsync(query, Stop);
            Assert.False(answer.Exact);
            found += Samples.Best(left, query).Select(item => item.Id).Intersect(answer.Hits.Select(hit => hit.Item.Id)).Count();
        }

        Assert.True(found >= 294, $"{found} of 300");
    }

    [Fact]
    public async Task A_snapshot_is_of_one_moment()
    {
        await using EmbeddedIndex index = await OpenAsync("index");
        SearchItem[] items = Samples.Make(600);
        await index.AddAsync(items, Stop);
        var seen = new List<SearchItem>();
        await foreach (SearchItem item in index.SnapshotAsync(Stop))
        {
            if (seen.Count == 0)
            {
                // Slots that become free here must not be used by what comes next.
                await index.RemoveAsync([.. items.Skip(300).Select(each => each.Id)], Stop);
                await index.AddAsync(Samples.Make(600, seed: 77, prefix: "later-"), Stop);
                await index.AddAsync([.. items.Take(300)
                    .Select(each => new SearchItem { Id = each.Id, Kind = each.Kind, Vector = items[0].Vector })], Stop);
            }

            seen.Add(item);
        }

        Assert.Equal(600, seen.Count);
        foreach (var (item, found) in items.OrderBy(item => item.Id, StringComparer.Ordinal).Zip(seen)) Samples.Same(item, found);
        Assert.Equal(900, (await index.CountAsync(Stop)).Total);
        long length = new FileInfo(Path.Combine(_folder["index"], "vectors.f16")).Length;
        for (int i = 0; i < 5; i++) await index.AddAsync(items, Stop);
        Assert.Equal(length, new FileInfo(Path.Combine(_folder["index"], "vectors.f16")).Length);
    }

    [Fact]
    public async Task A_folder_without_an_index_is_left_as_it_is()
    {
        await Assert.ThrowsAsync<InputException>(() => OpenAsync("none", width: null));
        Assert.False(Directory.Exists(_folder["none"]));
        Directory.CreateDirectory(_folder["other"]);
        await File.WriteAllTextAsync(Path.Combine(_folder["other"], "readme.txt"), "mine", Stop);
        await Assert.ThrowsAsync<InputException>(() => OpenAsync("other", width: null));
        Assert.Equal(["readme.txt"], Directory.GetFiles(_folder["other"]).Select(Path.GetFileName));
    }

    private Task<EmbeddedIndex> OpenAsync(string name, int? width = Samples.Width) =>
        EmbeddedIndex.OpenAsync(_folder[name], new EmbeddedIndexOptions { Width = width }, Stop);
}
