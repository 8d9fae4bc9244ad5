using CsAligner.Search.Items;
using CsAligner.Search.Postgres;
using CsAligner.Search.Queries;
using CsAligner.Search.Tests.Contract;
using CsAligner.Search.Tests.Servers;
using CsAligner.Tensors;
using Npgsql;

namespace CsAligner.Search.Tests.Postgres;

/// <summary>The connection to the database is lost, and comes back; what cannot be opened is said.</summary>
[Collection("servers")]
public sealed class LostConnectionTests(PostgresServer server)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_connection_is_made_again()
    {
        await using var connection = new CuttableConnection(await server.PortAsync());
        await using PostgresIndex index = await OpenAsync(PostgresServer.Connection(connection.Port), Samples.Width);
        SearchItem[] items = Samples.Make(50);
        await index.AddAsync(items, Stop);
        for (int i = 0; i < 3; i++)
        {
            connection.CutOpen();
            var query = new SearchQuery { Vector = items[i].Vector, Top = 1, Exact = i == 1 };
            Assert.Equal(items[i].Id, (await index.SearchAsync(query, Stop)).Hits[0].Item.Id);
            connection.CutOpen();
            await index.AddAsync([items[i]], Stop);
        }

        Assert.Equal(50, (await index.CountAsync(Stop)).Total);
    }

    [Fact]
    public async Task Where_there_is_no_connection_a_write_says_that_nothing_was_changed()
    {
        await using var connection = new CuttableConnection(await server.PortAsync());
        await using PostgresIndex index = await OpenAsync(PostgresServer.Connection(connection.Port), Samples.Width, attempts: 3);
        SearchItem[] items = Samples.Make(20);
        await index.AddAsync(items[..10], Stop);
        connection.Cut();
        var failed = await Assert.ThrowsAsync<IndexStoreException>(() => index.AddAsync(items, Stop));
        Assert.Equal(WriteOutcome.NotDone, failed.Outcome);
        Assert.Contains("nothing was changed", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
        failed = await Assert.ThrowsAsync<IndexStoreException>(() => index.CountAsync(Stop));
        Assert.Equal(WriteOutcome.None, failed.Outcome);
        connection.Mend();
        Assert.Equal(10, (await index.CountAsync(Stop)).Total);
        await index.AddAsync(items, Stop);
        Assert.Equal(20, (await index.CountAsync(Stop)).Total);
    }

    [Fact]
    public async Task A_refused_address_is_one_line_without_the_password()
    {
        var options = new PostgresIndexOptions { Width = 3, Attempts = 1 };
        var failed = await Assert.ThrowsAsync<IndexStoreException>(
            () => PostgresIndex.OpenAsync("postgres://me:secret@127.0.0.1:1/pictures", options, Stop));
        Assert.Contains("127.0.0.1:1/pictures", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
        foreach (string address in (string[])["postgres://me:secret@host:x/y", "Hoast=secret"])
        {
            var refused = await Assert.ThrowsAsync<InputException>(() => PostgresIndex.OpenAsync(address, options, Stop));
            Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<InputException>(() => PostgresIndex.OpenAsync("Host=x", options with { Table = "a; DROP TABLE b" }, Stop));
        await Assert.ThrowsAsync<InputException>(() => PostgresIndex.OpenAsync("Host=x", options with { Width = 0 }, Stop));
    }

    [Fact]
    public async Task A_database_without_an_index_is_left_as_it_is()
    {
        string address = await server.ConnectionAsync(), table = server.NewTable();
        var refused = await Assert.ThrowsAsync<InputException>(
            () => PostgresIndex.OpenAsync(address, new PostgresIndexOptions { Table = table }, Stop));
        Assert.Contains("Width", refused.Message, StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(address);
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand($"SELECT to_regclass('{table}')::text", connection);
        Assert.Equal(DBNull.Value, await command.ExecuteScalarAsync(Stop));
    }

    private async Task<PostgresIndex> OpenAsync(string address, int width, int attempts = 5) => await PostgresIndex.OpenAsync(
        address, new PostgresIndexOptions { Width = width, Table = server.NewTable(), Attempts = attempts }, Stop);
}
