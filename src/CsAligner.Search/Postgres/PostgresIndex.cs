using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Search.Ranking;
using CsAligner.Tensors;
using Npgsql;
using NpgsqlTypes;
using Pgvector;

namespace CsAligner.Search.Postgres;

/// <summary>
/// An index in a table of PostgreSQL with pgvector 0.8 or later: for many processes at a time, filters by the database. When the connection
/// is lost, a call is tried again for a few seconds.
/// </summary>
public sealed class PostgresIndex : ISearchIndex
{
    private const int RowsPerStatement = 500, MostEffort = 1000;
    private const string Columns = "id, kind, name, path, text, attributes::text, embedding";

    private readonly NpgsqlDataSource _source;
    private readonly PostgresIndexOptions _options;
    private readonly string _where, _table;

    private PostgresIndex(NpgsqlDataSource source, PostgresIndexOptions options, string where, int width) =>
        (_source, _options, _where, _table, Width) = (source, options, where, options.Table, width);

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Connects, and makes the tables or brings them up to date.</summary>
    /// <param name="address">
    /// <c>postgres://user:password@host:port/database</c>, with <c>?table=NAME</c> for <see cref="PostgresIndexOptions.Table"/>, or a
    /// connection
    /// string of Npgsql.
    /// </param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InputException">There is no index and no width to make one, it is of another width, or pgvector is
    /// missing.</exception>
    /// <exception cref="IndexStoreException">The database cannot be reached, or refuses.</exception>
    public static async Task<PostgresIndex> OpenAsync(string address, PostgresIndexOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        options ??= new PostgresIndexOptions();
        var place = PostgresAddress.Parse(address);
        if (place.Table is not null) options = options with { Table = place.Table };
        options.Check();
        var retry = new Retry(options.Attempts, place.Shown);

        // The types of vectors are looked up when a pool connects first: the extension has to be there before.
        string once = new NpgsqlConnectionStringBuilder(place.Connection.ConnectionString) { Pooling = false }.ConnectionString;
        int width = await retry.RunAsync(WriteOutcome.None, async _ =>
        {
            await using var connection = new NpgsqlConnection(once);
            await connection.OpenAsync(cancellation);
            return await PostgresSchema.MigrateAsync(connection, options, place.Shown, cancellation);
        }, cancellation);
        var builder = new NpgsqlDataSourceBuilder(place.Connection.ConnectionString);
        builder.UseVector();
        return new PostgresIndex(builder.Build(), options, place.Shown, width);
    }

    /// <inheritdoc/>
    public async Task AddAsync(IReadOnlyList<SearchItem> items, CancellationToken cancellation = default)
    {
        // In one order, so that two who write the same items do not wait for each other.
        ItemRecord[] records = [.. ItemRecord.Check(items, Width).OrderBy(record => record.Id, IdOrder.Instance)];
        if (records.Length == 0) return;
        await WriteAsync(async connection =>
        {
            foreach (ItemRecord[] part in records.Chunk(RowsPerStatement))
            {
                await using var command = new NpgsqlCommand(
                    $"""
                    INSERT INTO {_table} (id, kind, name, path, text, attributes, embedding)
                    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
                    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, path = excluded.path, text = excluded.text,
                        attributes = excluded.attributes, embedding = excluded.embedding
                    """,
                    connection);
                NpgsqlParameterCollection values = command.Parameters;
                Add(values, part.Select(record => record.Id).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
                Add(values, part.Select(record => (short)record.Kind).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Smallint);
                Add(values, part.Select(record => record.Name).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
                Add(values, part.Select(record => record.Path).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
                Add(values, part.Select(record => record.Text).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
                Add(values, part.Select(record => AttributeJson.Write(record.Attributes))
                    .ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Jsonb);
                values.Add(new NpgsqlParameter { Value = part.Select(record => new HalfVector(record.Vector)).ToArray() });
                await command.ExecuteNonQueryAsync(cancellation);
            }

            return 0;
        }, cancellation);
    }

    /// <inheritdoc/>
    public async Task<int> RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        string[] all = Ids(ids);
        if (all.Length == 0) return 0;
        return await WriteAsync(async connection =>
        {
            // Locked in one order before they go, as in AddAsync.
            await using var command = new NpgsqlCommand(
                $"DELETE FROM {_table} WHERE id IN (SELECT id FROM {_table} WHERE id = ANY($1) ORDER BY id FOR UPDATE)", connection);
            Add(command.Parameters, all, NpgsqlDbType.Array | NpgsqlDbType.Text);
            return await command.ExecuteNonQueryAsync(cancellation);
        }, cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SearchItem>> GetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        string[] all = Ids(ids);
        if (all.Length == 0) return [];
        return await ReadAsync(async connection =>
        {
            await using var command = new NpgsqlCommand($"SELECT {Columns} FROM {_table} WHERE id = ANY($1)", connection);
            Add(command.Parameters, all, NpgsqlDbType.Array | NpgsqlDbType.Text);
            return (IReadOnlyList<SearchItem>)[.. (await ReadAllAsync(command, cancellation)).Select(record => record.ToItem())];
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task<ItemPage> ListAsync(string? after = null, int limit = 100, CancellationToken cancellation = default)
    {
        PageRequest.Check(after, limit);
        return ReadAsync(async connection =>
        {
            List<ItemRecord> found = await PageAsync(connection, after ?? "", limit + 1, cancellation);
            SearchItem[] items = [.. found.Take(limit).Select(record => record.ToItem())];
            return new ItemPage(items, found.Count > limit ? items[^1].Id : null);
        }, cancellation);
    }

    /// <inheritdoc/>
    public async Task<SearchAnswer> SearchAsync(SearchQuery query, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        float[] unit = query.Check(Width);
        if (!query.Exact)
        {
            List<ItemRecord> near = await ReadAsync(connection => NearAsync(connection, unit, query, cancellation), cancellation);
            IReadOnlyList<SearchHit> hits = BestItems.Order(unit, query, near);

            // The graph gives up on conditions that few items meet; then they have to be looked for among all.
            if (hits.Count == query.Top || near.Count > hits.Count) return new SearchAnswer(hits, Exact: false);
        }

        List<ItemRecord> best = await ReadAsync(connection => BestAsync(connection, unit, query, cancellation), cancellation);
        return new SearchAnswer(BestItems.Order(unit, query, best), Exact: true);
    }

    /// <inheritdoc/>
    public Task<ItemCounts> CountAsync(CancellationToken cancellation = default) => ReadAsync(async connection =>
    {
        await using var command = new NpgsqlCommand($"SELECT kind, count(*) FROM {_table} GROUP BY kind", connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        var counts = new long[2];
        while (await reader.ReadAsync(cancellation)) counts[reader.GetInt16(0)] = reader.GetInt64(1);
        return new ItemCounts(counts[(int)RowKind.Image], counts[(int)RowKind.Text]);
    }, cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<SearchItem> SnapshotAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        const int Page = 500;

        // A transaction that sees what was there when it began. It cannot be taken up again: a lost connection ends the snapshot.
        NpgsqlConnection connection = await new Retry(_options.Attempts, _where).RunAsync(
            WriteOutcome.None, _ => _source.OpenConnectionAsync(cancellation).AsTask(), cancellation);
        await using (connection)
        {
            NpgsqlTransaction view = await OnceAsync(() => connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation)
                .AsTask());
            await using (view)
            {
                for (string after = ""; ;)
                {
                    string from = after;
                    List<ItemRecord> found = await OnceAsync(() => PageAsync(connection, from, Page, cancellation));
                    foreach (ItemRecord record in found) yield return record.ToItem();
                    if (found.Count < Page) break;
                    after = found[^1].Id;
                }
            }
        }
    }

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    // The graph's neighbours; pgvector goes on looking until it has as many as the conditions let pass, up to a limit of its own.
    private async Task<List<ItemRecord>> NearAsync(NpgsqlConnection connection, float[] unit, SearchQuery query,
        CancellationToken cancellation)
    {
        int count = BestItems.Candidates(query.Top);
        string effort = Math.Clamp(2 * count, 100, MostEffort).ToString(CultureInfo.InvariantCulture);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        await using var settings = new NpgsqlCommand(
            $"SELECT set_config('hnsw.ef_search', '{effort}', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)", connection);
        await settings.ExecuteNonQueryAsync(cancellation);
        await using var command = new NpgsqlCommand { Connection = connection };
        command.Parameters.Add(new NpgsqlParameter { Value = new HalfVector(Array.ConvertAll(unit, value => (Half)value)) });
        string wanted = Conditions(query, command.Parameters);
        command.CommandText =
            $"SELECT {Columns} FROM {_table} WHERE {wanted} ORDER BY embedding <=> $1 LIMIT {count.ToString(CultureInfo.InvariantCulture)}";
        List<ItemRecord> found = await ReadAllAsync(command, cancellation);
        await transaction.CommitAsync(cancellation);
        return found;
    }

    // Every row, compared in float32; what rounding may have put out of order comes along.
    private async Task<List<ItemRecord>> BestAsync(NpgsqlConnection connection, float[] unit, SearchQuery query,
        CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        NpgsqlParameterCollection values = command.Parameters;
        values.Add(new NpgsqlParameter { Value = new Vector(unit) });
        Add(values, query.Top, NpgsqlDbType.Integer);
        Add(values, 2 * BestItems.CosineMargin(Width), NpgsqlDbType.Double);
        Add(values, query.MinScore is { } least ? 1 - least : 3, NpgsqlDbType.Double);
        command.CommandText = $"""
            WITH compared AS MATERIALIZED (SELECT id, embedding::vector <=> $1 AS distance FROM {_table} WHERE {Conditions(query, values)}),
                bar AS (SELECT max(distance) AS distance FROM (SELECT distance FROM compared ORDER BY distance LIMIT $2) AS best)
            SELECT {Columns} FROM {_table} JOIN compared USING (id), bar
            WHERE compared.distance <= bar.distance + $3 AND compared.distance <= $4 + $3
            """;
        return await ReadAllAsync(command, cancellation);
    }

    private static string Conditions(SearchQuery query, NpgsqlParameterCollection values)
    {
        var conditions = new List<string> { "true" };
        if (query.Find is { } kind)
        {
            Add(values, (short)kind, NpgsqlDbType.Smallint);
            conditions.Add($"kind = ${values.Count}");
        }

        if (query.Except.Count > 0)
        {
            Add(values, query.Except.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
            conditions.Add($"id <> ALL(${values.Count})");
        }

        if (query.Filter is not null) conditions.Add(PostgresFilter.Write(query.Filter, values));
        return string.Join(" AND ", conditions);
    }

    private async Task<List<ItemRecord>> PageAsync(NpgsqlConnection connection, string after, int limit, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM {_table} WHERE id > $1 ORDER BY id LIMIT $2", connection);
        Add(command.Parameters, after, NpgsqlDbType.Text);
        Add(command.Parameters, limit, NpgsqlDbType.Integer);
        return await ReadAllAsync(command, cancellation);
    }

    private async Task<List<ItemRecord>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        var records = new List<ItemRecord>();
        while (await reader.ReadAsync(cancellation))
        {
            string id = reader.GetString(0);
            try
            {
                Half[] vector = reader.GetFieldValue<HalfVector>(6).ToArray();
                records.Add(new ItemRecord(
                    id, (RowKind)reader.GetInt16(1), Text(reader, 2), Text(reader, 3), Text(reader, 4),
                        AttributeJson.Read(reader.GetString(5)), vector));
            }
            catch (Exception failure) when (failure is JsonException or InvalidCastException)
            {
                throw new IndexStoreException(
                    $"{_where}: item '{id}' of '{_table}' cannot be read ({failure.Message}); did another program write it?", failure);
            }
        }

        return records;
    }

    private Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation) =>
        new Retry(_options.Attempts, _where).RunAsync(WriteOutcome.None, async _ =>
        {
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellation);
            return await read(connection);
        }, cancellation);

    // Nothing is done before the commit is sent: until then, it is tried again.
    private Task<T> WriteAsync<T>(Func<NpgsqlConnection, Task<T>> write, CancellationToken cancellation) =>
        new Retry(_options.Attempts, _where).RunAsync(WriteOutcome.NotDone, async state =>
        {
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellation);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
            T result = await write(connection);
            state.CommitSent = true;
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }, cancellation);

    private Task<T> OnceAsync<T>(Func<Task<T>> work) => new Retry(1, _where)
        .RunAsync(WriteOutcome.None, _ => work(), CancellationToken.None);

    private static string[] Ids(IReadOnlyCollection<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (string id in ids) ItemRecord.CheckId(id);
        return [.. ids.Distinct(StringComparer.Ordinal)];
    }

    private static void Add<T>(NpgsqlParameterCollection values, T value, NpgsqlDbType type)
        where T : notnull => values.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>Tries a call again while the failure may pass.</summary>
    private sealed class Retry(int attempts, string where)
    {
        public bool CommitSent { get; set; }

        public async Task<T> RunAsync<T>(WriteOutcome outcome, Func<Retry, Task<T>> work, CancellationToken cancellation)
        {
            for (int attempt = 1; ; attempt++)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    return await work(this);
                }
                catch (Exception failure) when (PostgresFailures.IsOfStore(failure))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (CommitSent) throw PostgresFailures.Describe(where, failure, WriteOutcome.Unknown);
                    if (attempt >= attempts || !PostgresFailures.IsPassing(failure)) throw PostgresFailures.Describe(where, failure,
                        outcome);
                }

                // 0.1, 0.4, 1.6 seconds: a server that is started again is back by then.
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(3, 0.1 * Math.Pow(4, attempt - 1))), cancellation);
            }
        }
    }
}
