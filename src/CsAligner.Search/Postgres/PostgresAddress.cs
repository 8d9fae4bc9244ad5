using CsAligner.Tensors;
using Npgsql;

namespace CsAligner.Search.Postgres;

/// <summary>Where a database is: <c>postgres://user:password@host:port/database?table=name</c>, or a connection string of Npgsql.</summary>
internal sealed class PostgresAddress
{
    private PostgresAddress(NpgsqlConnectionStringBuilder connection, string? table) => (Connection, Table) = (connection, table);

    public NpgsqlConnectionStringBuilder Connection { get; }

    public string? Table { get; }

    /// <summary>Without user and password, for messages.</summary>
    public string Shown => $"PostgreSQL at {Connection.Host}:{Connection.Port}/{Connection.Database}";

    public static PostgresAddress Parse(string text)
    {
        try
        {
            return text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? OfUri(new Uri(text))
                : new PostgresAddress(new NpgsqlConnectionStringBuilder(text), null);
        }
        catch (Exception failure) when (failure is UriFormatException or ArgumentException or FormatException or KeyNotFoundException)
        {
            // The text may hold a password: it is not repeated.
            throw new InputException("the address of PostgreSQL cannot be read; expected postgres://user:password@host:port/database",
                failure);
        }
    }

    private static PostgresAddress OfUri(Uri uri)
    {
        var connection = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0) connection.Port = uri.Port;
        string database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/'));
        if (database.Length > 0) connection.Database = database;
        if (uri.UserInfo.Length > 0)
        {
            string[] parts = uri.UserInfo.Split(':', 2);
            connection.Username = Uri.UnescapeDataString(parts[0]);
            if (parts.Length > 1) connection.Password = Uri.UnescapeDataString(parts[1]);
        }

        string? table = null;
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            (string key, string value) = (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
            switch (key)
            {
                case "table": table = value; break;
                case "sslmode":
                    connection.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
                    break;
                default: connection[key] = value; break;
            }
        }

        return new PostgresAddress(connection, table);
    }
}
