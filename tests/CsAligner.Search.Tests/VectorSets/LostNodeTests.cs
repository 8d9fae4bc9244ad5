using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Search.Tests.Contract;
using CsAligner.Search.Tests.Servers;
using CsAligner.Search.VectorSets;
using CsAligner.Tensors;

namespace CsAligner.Search.Tests.VectorSets;

/// <summary>A node of the cluster is killed, and comes back with what it has kept.</summary>
[Collection("servers")]
public sealed class LostNodeTests(GarnetCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_lost_node_held_is_said_to_be_missing_and_comes_back_with_it()
    {
        string address = await cluster.AddressAsync(), prefix = cluster.NewPrefix();
        var options = new VectorSetIndexOptions { Width = Samples.Width, Prefix = prefix, Patience = TimeSpan.FromSeconds(2) };
        await using VectorSetIndex index = await VectorSetIndex.OpenAsync(address, options, Stop);
        SearchItem[] items = Samples.Make(300);
        await index.AddAsync(items, Stop);
        var query = new SearchQuery { Vector = items[0].Vector, Top = 300 };
        Assert.Equal((300, false), (await index.SearchAsync(query, Stop)) is var whole ? (whole.Hits.Count, whole.Partial) : default);

        await cluster.KillAsync(1);
        try
        {
            foreach (bool exact in (bool[])[false, true])
            {
                SearchAnswer answer = await index.SearchAsync(query with { Exact = exact }, Stop);
                Assert.True(answer.Partial);
                Assert.InRange(answer.Hits.Count, 100, 299);
            }

            // Also where the others have more than enough.
            Assert.True((await index.SearchAsync(query with { Top = 5 }, Stop)).Partial);
            Assert.True((await index.SearchAsync(query with { Top = 5, Exact = true }, Stop)).Partial);
            ItemCounts counts = await index.CountAsync(Stop);
            Assert.True(counts.Partial);
            Assert.InRange(counts.Total, 100, 299);
            ItemPage page = await index.ListAsync(limit: 1000, cancellation: Stop);
            Assert.True(page.Partial);
            Assert.Equal(counts.Total, page.Items.Count);

            // What asks for everything fails, in one line that names no password and no stack.
            string[] ids = [.. items.Select(item => item.Id)];
            Assert.Equal(WriteOutcome.None, (await Assert.ThrowsAsync<IndexStoreException>(() => index.GetAsync(ids, Stop))).Outcome);
            await Assert.ThrowsAsync<IndexStoreException>(async () => await index.SnapshotAsync(Stop).ToListAsync(Stop));
            var failed = await Assert.ThrowsAsync<IndexStoreException>(() => index.AddAsync(items, Stop));
            Assert.Equal(WriteOutcome.Unknown, failed.Outcome);
            Assert.Contains("give it again", failed.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<IndexStoreException>(() => index.RemoveAsync(ids[..50], Stop));

            // It can be opened without the node too.
            await using VectorSetIndex other = await VectorSetIndex.OpenAsync(address, options with { Width = null }, Stop);
            Assert.Equal(Samples.Width, other.Width);
            Assert.True((await other.SearchAsync(query, Stop)).Partial);

            // No node, no partial index: where one is missing, none is made.
            await Assert.ThrowsAnyAsync<InputException>(() =>
                VectorSetIndex.OpenAsync(address, options with { Prefix = cluster.NewPrefix() }, Stop));
        }
        finally
        {
            await cluster.StartAsync(1);
        }

        // The client connects again by itself, within seconds.
        ItemCounts back;
        do
        {
            await Task.Delay(100, Stop);
            back = await index.CountAsync(Stop);
        }
        while (back.Partial);
        await index.AddAsync(items, Stop);
        foreach (bool exact in (bool[])[false, true])
        {
            SearchAnswer again = await index.SearchAsync(query with { Exact = exact }, Stop);
            Assert.Equal((300, false), (again.Hits.Count, again.Partial));
        }

        List<SearchItem> all = await index.SnapshotAsync(Stop).ToListAsync(Stop);
        foreach (var (item, found) in items.OrderBy(item => item.Id, StringComparer.Ordinal).Zip(all)) Samples.Same(item, found);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_the_node_was_killed()
    {
        string address = await cluster.AddressAsync(), prefix = cluster.NewPrefix();
        var options = new VectorSetIndexOptions { Width = Samples.Width, Prefix = prefix };
        await using VectorSetIndex index = await VectorSetIndex.OpenAsync(address, options, Stop);
        SearchItem[] items = Samples.Make(120);
        await index.AddAsync(items, Stop);
        await index.RemoveAsync([.. items.Take(20).Select(item => item.Id)], Stop);
        await cluster.KillAsync(2);
        await cluster.StartAsync(2);
        ItemCounts counts;
        do
        {
            await Task.Delay(100, Stop);
            counts = await index.CountAsync(Stop);
        }
        while (counts.Partial);
        Assert.Equal(100, counts.Total);
        SearchAnswer answer = await index.SearchAsync(new SearchQuery { Vector = items[50].Vector, Top = 100 }, Stop);
        Assert.Equal(items.Skip(20).Select(item => item.Id).Order(StringComparer.Ordinal), answer.Hits.Select(hit => hit.Item.Id)
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_one_line_without_the_password()
    {
        var options = new VectorSetIndexOptions { Width = 3, Patience = TimeSpan.FromMilliseconds(300) };
        var failed = await Assert.ThrowsAsync<IndexStoreException>(() =>
            VectorSetIndex.OpenAsync("redis://me:secret@127.0.0.1:1/p", options, Stop));
        Assert.Contains("127.0.0.1:1", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<InputException>(() => VectorSetIndex.OpenAsync("redis://", options, Stop));
        Assert.Contains("redis://user:password@host:port", refused.Message, StringComparison.Ordinal);
    }
}
