using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tensors;

namespace CsAligner.Data.Interop;

/// <summary>Asks an empty DuckDB in memory, which may read files and nothing else: no network, no extensions.</summary>
internal static unsafe class DuckDbQuery
{
    private const string Settings = "SET autoinstall_known_extensions=false; SET autoload_known_extensions=false; SET threads=2; SET memory_limit='2GB'; SET preserve_insertion_order=true; SET lock_configuration=true;";

    /// <summary>All rows of an answer whose columns are texts, in order; null where a value is null.</summary>
    /// <param name="sql">The question.</param>
    /// <param name="columns">How many columns it answers.</param>
    /// <param name="what">What the error says could not be done.</param>
    /// <exception cref="InputException">DuckDB is missing, or cannot answer.</exception>
    public static List<string?[]> Texts(string sql, int columns, string what)
    {
        DuckDbLibrary.Load();
        nint database = 0, connection = 0;
        try
        {
            if (NativeDuckDb.duckdb_open(null, &database) != 0 || NativeDuckDb.duckdb_connect(database, &connection) != 0) throw new InputException($"{what}: DuckDB does not start; remove its library and run 'csalign fetch duckdb'");
            Ask(connection, Settings, 0, what);
            return Ask(connection, sql, columns, what);
        }
        finally
        {
            if (connection != 0) NativeDuckDb.duckdb_disconnect(&connection);
            if (database != 0) NativeDuckDb.duckdb_close(&database);
        }
    }

    /// <summary>A text as SQL writes it.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A column's name as SQL writes it.</summary>
    public static string QuoteName(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<string?[]> Ask(nint connection, string sql, int columns, string what)
    {
        NativeDuckDb.Result result = default;
        var rows = new List<string?[]>();
        try
        {
            if (NativeDuckDb.duckdb_query(connection, sql, &result) != 0)
            {
                string error = Marshal.PtrToStringUTF8(NativeDuckDb.duckdb_result_error(&result)) ?? "no reason given";
                throw new InputException($"{what}: {error.ReplaceLineEndings(" ")}");
            }

            while (columns > 0)
            {
                nint chunk = NativeDuckDb.duckdb_fetch_chunk(result);
                if (chunk == 0) break;
                try
                {
                    Read(chunk, columns, rows);
                }
                finally
                {
                    NativeDuckDb.duckdb_destroy_data_chunk(&chunk);
                }
            }

            return rows;
        }
        finally
        {
            NativeDuckDb.duckdb_destroy_result(&result);
        }
    }

    private static void Read(nint chunk, int columns, List<string?[]> rows)
    {
        int first = rows.Count, count = checked((int)NativeDuckDb.duckdb_data_chunk_get_size(chunk));
        for (int row = 0; row < count; row++) rows.Add(new string?[columns]);
        for (int column = 0; column < columns; column++)
        {
            nint vector = NativeDuckDb.duckdb_data_chunk_get_vector(chunk, (ulong)column);
            byte* texts = (byte*)NativeDuckDb.duckdb_vector_get_data(vector);
            ulong* valid = NativeDuckDb.duckdb_vector_get_validity(vector);
            for (int row = 0; row < count; row++)
            {
                if (valid == null || (valid[row / 64] >> (row % 64) & 1) != 0) rows[first + row][column] = Text(texts + (16 * row));
            }
        }
    }

    // duckdb_string_t: the length; up to 12 bytes beside it, or a beginning of 4 and where the whole is.
    private static string Text(byte* value)
    {
        int length = *(int*)value;
        return Encoding.UTF8.GetString(length <= 12 ? value + 4 : *(byte**)(value + 8), length);
    }
}
