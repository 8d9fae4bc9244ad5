using CsAligner.Search.Postgres;
using CsAligner.Search.Tests.Contract;
using CsAligner.Search.Tests.Servers;

namespace CsAligner.Search.Tests.Postgres;

/// <summary>The contract on PostgreSQL with pgvector.</summary>
[Collection("servers")]
public sealed class PostgresIndexContractTests(PostgresServer server) : SearchIndexContract
{
    private readonly string _table = server.NewTable();

    protected override async Task<ISearchIndex> NewAsync(int width) => await OpenAsync(width);

    protected override async Task<ISearchIndex> ReopenAsync(ISearchIndex index, int? width = null)
    {
        await index.DisposeAsync();
        return await OpenAsync(width);
    }

    private async Task<PostgresIndex> OpenAsync(int? width) => await PostgresIndex.OpenAsync(
        await server.ConnectionAsync(), new PostgresIndexOptions { Width = width, Table = _table }, TestContext.Current.CancellationToken);
}
