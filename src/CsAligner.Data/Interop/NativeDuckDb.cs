using System.Runtime.InteropServices;

namespace CsAligner.Data.Interop;

/// <summary>The part of DuckDB's C interface that asks one question and reads texts out of the answer.</summary>
internal static unsafe partial class NativeDuckDb
{
    public const string Library = "csaligner-duckdb";

    static NativeDuckDb() => VipsLibrary.Register();

    [LibraryImport(Library)]
    public static partial nint duckdb_library_version();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_open(string? path, nint* database);

    [LibraryImport(Library)]
    public static partial void duckdb_close(nint* database);

    [LibraryImport(Library)]
    public static partial int duckdb_connect(nint database, nint* connection);

    [LibraryImport(Library)]
    public static partial void duckdb_disconnect(nint* connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_query(nint connection, string query, Result* result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_result(Result* result);

    [LibraryImport(Library)]
    public static partial nint duckdb_result_error(Result* result);

    [LibraryImport(Library)]
    public static partial nint duckdb_fetch_chunk(Result result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_data_chunk(nint* chunk);

    [LibraryImport(Library)]
    public static partial ulong duckdb_data_chunk_get_size(nint chunk);

    [LibraryImport(Library)]
    public static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);

    [LibraryImport(Library)]
    public static partial void* duckdb_vector_get_data(nint vector);

    [LibraryImport(Library)]
    public static partial ulong* duckdb_vector_get_validity(nint vector);

    /// <summary>duckdb_result: filled by the library, handed back as it is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Result
    {
        public ulong ColumnCount;
        public ulong RowCount;
        public ulong RowsChanged;
        public nint Columns;
        public nint ErrorMessage;
        public nint InternalData;
    }
}
