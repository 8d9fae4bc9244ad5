using CsAligner.Search.Copying;
using CsAligner.Search.Embedded;
using CsAligner.Search.Items;
using CsAligner.Search.Stores;
using CsAligner.Search.Tests.Contract;
using CsAligner.Search.Tests.Servers;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Search.Tests.Copying;

/// <summary>From each kind of store to each, by address.</summary>
[Collection("servers")]
public sealed class IndexCopyTests(PostgresServer postgres, GarnetCluster garnet) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Not from PostgreSQL to itself: the one of these tests has one session, which the snapshot holds.
    public static TheoryData<string, string> Pairs() => new()
    {
        { "folder", "folder" }, { "folder", "postgres" }, { "folder", "redis" }, { "postgres", "folder" }, { "postgres", "redis" },
        { "redis", "folder" }, { "redis", "postgres" }, { "redis", "redis" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_copy_has_every_item_bit_for_bit(string fromKind, string toKind)
    {
        SearchItem[] items = Samples.Make(1100);
        await using ISearchIndex from = await OpenAsync(fromKind, "from"), to = await OpenAsync(toKind, "to");
        await from.AddAsync(items, Stop);
        Assert.Equal(1100, await IndexCopy.RunAsync(from, to, cancellation: Stop));
        List<SearchItem> copies = await to.SnapshotAsync(Stop).ToListAsync(Stop);
        Assert.Equal(1100, copies.Count);
        foreach (var (item, copy) in items.OrderBy(item => item.Id, StringComparer.Ordinal).Zip(copies)) Samples.Same(item, copy);

        // What is there is not lost, unless it is asked for.
        await to.AddAsync([Samples.Make(1, prefix: "older-")[0]], Stop);
        var refused = await Assert.ThrowsAsync<InputException>(() => IndexCopy.RunAsync(from, to, cancellation: Stop));
        Assert.Contains("1101 items already", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1100, await IndexCopy.RunAsync(from, to, merge: true, cancellation: Stop));
        Assert.Equal(1101, (await to.CountAsync(Stop)).Total);
    }

    [Fact]
    public async Task An_index_of_another_width_is_refused()
    {
        await using ISearchIndex from = await OpenAsync("folder", "from");
        await using ISearchIndex to = await EmbeddedIndex.OpenAsync(_folder["wider"],
            new EmbeddedIndexOptions { Width = Samples.Width + 1 }, Stop);
        await Assert.ThrowsAsync<InputException>(() => IndexCopy.RunAsync(from, to, cancellation: Stop));
    }

    [Fact]
    public async Task An_application_adds_a_store_and_others_are_refused()
    {
        await using ISearchIndex own = await EmbeddedIndex.OpenAsync(_folder["own"], new EmbeddedIndexOptions { Width = 3 }, Stop);
        var stores = IndexStores.BuiltIn.With(new IndexStoreKind(["own://"], (_, _, _) => Task.FromResult(own)));
        Assert.Same(own, await stores.OpenAsync("own://anything", cancellation: Stop));
        var refused = await Assert.ThrowsAsync<InputException>(() =>
            IndexStores.BuiltIn.OpenAsync("own://me:secret@host", cancellation: Stop));
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        Assert.Contains("postgres://", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InputException>(() => IndexStores.BuiltIn.OpenAsync(_folder["none"], cancellation: Stop));
        Assert.False(Directory.Exists(_folder["none"]));
    }

    private async Task<ISearchIndex> OpenAsync(string kind, string name)
    {
        string address = kind switch
        {
            "folder" => _folder[name],
            "postgres" =>
                $"postgres://postgres:postgres@127.0.0.1:{await postgres.PortAsync()}/postgres?sslmode=disable&table={postgres.NewTable()}",
            _ => $"{await garnet.AddressAsync()}/{garnet.NewPrefix()}",
        };
        return await IndexStores.BuiltIn.OpenAsync(address, Samples.Width, Stop);
    }
}
