using System.Globalization;
using CsAligner.Tensors;
using Npgsql;

namespace CsAligner.Search.Postgres;

/// <summary>Makes the tables of an index, or brings those of an older version up to date: in one transaction, one process at a
/// time.</summary>
internal static class PostgresSchema
{
    private const int Version = 1;

    // Any number that nobody else takes.
    private const long Lock = 0x6373_616c_6967_6e01;

    private static readonly Version LeastPgvector = new(0, 8);

    /// <summary>Prepares the database.</summary>
    /// <returns>Values in a vector.</returns>
    public static async Task<int> MigrateAsync(NpgsqlConnection connection, PostgresIndexOptions options, string where,
        CancellationToken cancellation)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        await RunAsync(connection, FormattableString.Invariant($"SELECT pg_advisory_xact_lock({Lock})"), cancellation);
        await RequirePgvectorAsync(connection, where, cancellation);
        string table = options.Table, meta = table + "_meta";
        int? width = await ScalarAsync(connection, $"SELECT to_regclass('{meta}')::text", cancellation) is string
            ? int.Parse((string)(await ScalarAsync(connection, $"SELECT value FROM {meta} WHERE key = 'width'", cancellation))!,
                CultureInfo.InvariantCulture)
            : null;
        if (width is null)
        {
            width = options.Width ?? throw new InputException($"{where} has no index '{table}'; give Width to make one");
            await CreateAsync(connection, table, meta, width.Value, options.Graph, cancellation);
        }
        else if (options.Width is not null && options.Width != width)
        {
            throw new InputException(
                $"{where}: the index '{table}' has vectors of {width} values, {options.Width} were asked for; use the model that "
                + "it was made with, or another table");
        }
        else if (await ScalarAsync(connection, $"SELECT value FROM {meta} WHERE key = 'version'", cancellation) is not "1")
        {
            throw new InputException(
                $"{where}: the index '{table}' has another format than {Version}; use the version of CsAligner that wrote it");
        }

        await transaction.CommitAsync(cancellation);
        return width.Value;
    }

    private static async Task RequirePgvectorAsync(NpgsqlConnection connection, string where, CancellationToken cancellation)
    {
        const string Installed = "SELECT extversion FROM pg_extension WHERE extname = 'vector'";
        if (await ScalarAsync(connection, Installed, cancellation) is not string found)
        {
            if (await ScalarAsync(connection, "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'",
                cancellation) is not string)
                throw new InputException($"{where} has no pgvector; install the extension 'vector', version {LeastPgvector} or later");
            await RunAsync(connection, "CREATE EXTENSION IF NOT EXISTS vector", cancellation);
            found = (string)(await ScalarAsync(connection, Installed, cancellation))!;
        }

        if (System.Version.TryParse(found, out Version? version) && version < LeastPgvector)
            throw new InputException($"{where} has pgvector {found}; expected {LeastPgvector} or later: update the extension");
    }

    private static async Task CreateAsync(
        NpgsqlConnection connection, string table, string meta, int width, bool graph, CancellationToken cancellation)
    {
        string number = width.ToString(CultureInfo.InvariantCulture);
        string[] statements =
        [
            $"CREATE TABLE {meta} (key text PRIMARY KEY, value text NOT NULL)",
            $"""
            CREATE TABLE {table} (
                id text COLLATE "C" PRIMARY KEY, kind smallint NOT NULL, name text, path text, text text,
                attributes jsonb NOT NULL, embedding halfvec({number}) NOT NULL)
            """,
            $"CREATE INDEX {table}_kind ON {table} (kind)",
            $"CREATE INDEX {table}_attributes ON {table} USING gin (attributes jsonb_path_ops)",
            .. graph && width <= 4000
                ? (string[])[$"CREATE INDEX {table}_embedding ON {table} USING hnsw (embedding halfvec_cosine_ops) "
                    + "WITH (m = 16, ef_construction = 128)"]
                : [],
            $"INSERT INTO {meta} (key, value) VALUES ('version', '{Version}'), ('width', '{number}')",
        ];
        foreach (string statement in statements) await RunAsync(connection, statement, cancellation);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellation);
    }
}
