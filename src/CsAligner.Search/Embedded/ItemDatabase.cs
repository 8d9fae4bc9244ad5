using System.Collections.Concurrent;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Tensors;
using Microsoft.Data.Sqlite;

namespace CsAligner.Search.Embedded;

/// <summary>
/// The items of an embedded index in SQLite: all but their vectors, which lie in the slots that it names. A write is one transaction that
/// is on the disk when it is committed. One thread writes; any number reads, each on a connection of its own.
/// </summary>
internal sealed class ItemDatabase : IDisposable
{
    private const int ApplicationId = 0x6373_6964, Version = 1;

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly ConcurrentBag<ItemReader> _readers = [];

    private ItemDatabase(string path, SqliteConnection writer) => (_path, _writer) = (path, writer);

    /// <summary>Opens the database, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Values in a vector: for a new one.</param>
    public static ItemDatabase Open(string path, int? width)
    {
        bool isNew = !File.Exists(path) || new FileInfo(path).Length == 0;
        if (isNew && width is null)
            throw new InputException($"there is no index in '{Path.GetDirectoryName(path)}'; give Width to make one, or another path");
        SqliteConnection connection = Connect(path);
        var database = new ItemDatabase(path, connection);
        try
        {
            if (isNew) Run(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            Run(connection, "PRAGMA journal_mode = WAL");
            Run(connection, "PRAGMA synchronous = FULL");
            long application = (long)Scalar(connection, "PRAGMA application_id")!,
                version = (long)Scalar(connection, "PRAGMA user_version")!;
            if (application == 0 && version == 0 && (long)Scalar(connection, "SELECT count(*) FROM sqlite_schema")! == 0)
            {
                database.Create(width ?? throw Foreign(path));
            }
            else if (application != ApplicationId)
            {
                throw Foreign(path);
            }
            else if (version != Version)
            {
                throw new InputException($"'{path}' has format {version}, this version of CsAligner reads {Version}; use the other version "
                    + "to copy the index");
            }

            database.Width = int.Parse(database.Meta("width") ?? throw Foreign(path), System.Globalization.CultureInfo.InvariantCulture);
            if (width is not null && width != database.Width)
                throw new InputException(
                    $"the index '{Path.GetDirectoryName(path)}' has vectors of {database.Width} values, {width} were asked "
                    + "for; use the model that it was made with, or another folder");
            return database;
        }
        catch (SqliteException failure)
        {
            connection.Dispose();
            throw Failure(path, failure, WriteOutcome.None);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public int Width { get; private set; }

    /// <summary>A failure of SQLite as one line.</summary>
    public static IndexStoreException Failure(string path, SqliteException failure, WriteOutcome outcome)
    {
        string what = failure.SqliteErrorCode switch
        {
            11 or 26 => $"the index's file '{path}' is damaged ({failure.Message}); restore the folder from a copy",
            13 => $"the disk is full: '{path}' cannot be written; free some space",
            8 => $"'{path}' is read-only; give it write permission",
            14 => $"'{path}' cannot be opened; check its rights",
            5 or 6 => $"another program has '{path}' locked; close it",
            _ => $"the index's file '{path}' failed: {failure.Message}",
        };
        return new IndexStoreException(outcome == WriteOutcome.NotDone ? what + "; nothing was changed" : what, outcome, failure);
    }

    public IndexStoreException Failure(SqliteException failure, WriteOutcome outcome) => Failure(_path, failure, outcome);

    /// <summary>All slots in use.</summary>
    public IEnumerable<(int Slot, RowKind Kind, long Sequence)> Slots()
    {
        using SqliteCommand command = Command(_writer, "SELECT slot, kind, sequence FROM items");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read()) yield return (reader.GetInt32(0), (RowKind)reader.GetInt32(1), reader.GetInt64(2));
    }

    public string? Meta(string key) => Scalar(_writer, "SELECT value FROM meta WHERE key = $1", key) as string;

    public void SetMeta(string key, string value) =>
        Run(_writer, "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);

    public SqliteTransaction Begin() => _writer.BeginTransaction();

    /// <summary>The slot of an item; null if there is none.</summary>
    public int? SlotOf(string id) => Scalar(_writer, "SELECT slot FROM items WHERE id = $1", id) is long slot ? (int)slot : null;

    public void Remove(int slot)
    {
        Run(_writer, "DELETE FROM attributes WHERE slot = $1", slot);
        Run(_writer, "DELETE FROM items WHERE slot = $1", slot);
    }

    public void Add(int slot, ItemRecord item, long sequence)
    {
        Run(_writer,
            "INSERT INTO items (slot, id, kind, sequence, checksum, name, path, text, attributes) "
                + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            slot, item.Id, (int)item.Kind, sequence, VectorChecksum.Of(item.Vector), item.Name, item.Path, item.Text,
            AttributeJson.Write(item.Attributes));
        foreach (var (name, value) in item.Attributes)
        {
            Run(_writer, "INSERT INTO attributes (slot, name, text, number) VALUES ($1, $2, $3, $4)",
                slot, name, value.Text, value.IsText ? null : value.Number);
        }
    }

    /// <summary>Reads on a connection that is free, or a new one.</summary>
    public T Read<T>(Func<ItemReader, T> read)
    {
        ItemReader? reader = null;
        try
        {
            if (!_readers.TryTake(out reader)) reader = new ItemReader(Connect(_path));
            T result = read(reader);
            _readers.Add(reader);
            return result;
        }
        catch (SqliteException failure)
        {
            reader?.Dispose();
            throw Failure(failure, WriteOutcome.None);
        }
        catch
        {
            reader?.Dispose();
            throw;
        }
    }

    /// <summary>A connection whose first statement begins a view of the database that stays as it is.</summary>
    public ItemReader Snapshot() => new(Connect(_path), fixedView: true);

    public void Dispose()
    {
        foreach (ItemReader reader in _readers) reader.Dispose();
        _writer.Dispose();
    }

    private void Create(int width)
    {
        using SqliteTransaction transaction = _writer.BeginTransaction();
        Run(_writer, """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE items (
                slot INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, sequence INTEGER NOT NULL,
                checksum INTEGER NOT NULL, name TEXT, path TEXT, text TEXT, attributes TEXT NOT NULL) STRICT;
            CREATE TABLE attributes (slot INTEGER NOT NULL, name TEXT NOT NULL, text TEXT, number REAL) STRICT;
            CREATE INDEX attributes_of_slot ON attributes (slot);
            CREATE INDEX attributes_by_text ON attributes (name, text, slot) WHERE text IS NOT NULL;
            CREATE INDEX attributes_by_number ON attributes (name, number, slot) WHERE number IS NOT NULL;
            """);
        SetMeta("width", width.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Run(_writer, FormattableString.Invariant($"PRAGMA application_id = {ApplicationId}"));
        Run(_writer, FormattableString.Invariant($"PRAGMA user_version = {Version}"));
        transaction.Commit();
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static InputException Foreign(string path) =>
        new($"'{path}' is no index of CsAligner; give the folder of an index, or an empty one");

    private static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue(FormattableString.Invariant($"${i + 1}"), values[i] ?? DBNull.Value);
        return command;
    }

    private static void Run(SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using SqliteCommand command = Command(connection, sql, values);
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using SqliteCommand command = Command(connection, sql, values);
        return command.ExecuteScalar();
    }
}
