using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Tensors;
using Microsoft.Data.Sqlite;

namespace CsAligner.Search.Embedded;

/// <summary>A connection to read items on, by one thread at a time.</summary>
internal sealed class ItemReader : IDisposable
{
    private const string Columns = "slot, checksum, id, kind, name, path, text, attributes";

    private readonly SqliteConnection _connection;
    private readonly SqliteTransaction? _view;
    private readonly SqliteCommand _bySlot, _byId, _after;

    public ItemReader(SqliteConnection connection, bool fixedView = false)
    {
        _connection = connection;
        if (fixedView)
        {
            _view = connection.BeginTransaction(deferred: true);
        }

        _bySlot = Command($"SELECT {Columns} FROM items WHERE slot = $1");
        _byId = Command($"SELECT {Columns} FROM items WHERE id = $1");
        _after = Command($"SELECT {Columns} FROM items WHERE id > $1 ORDER BY id LIMIT $2");
        _bySlot.Parameters.Add("$1", SqliteType.Integer);
        _byId.Parameters.Add("$1", SqliteType.Text);
        _after.Parameters.Add("$1", SqliteType.Text);
        _after.Parameters.Add("$2", SqliteType.Integer);
        if (fixedView) After("", 1);
    }

    public StoredItem? BySlot(int slot) => One(_bySlot, slot);

    public StoredItem? ById(string id) => One(_byId, id);

    public List<StoredItem> After(string id, int limit)
    {
        _after.Parameters[0].Value = id;
        _after.Parameters[1].Value = limit;
        using SqliteDataReader reader = _after.ExecuteReader();
        var items = new List<StoredItem>();
        while (reader.Read()) items.Add(Item(reader));
        return items;
    }

    /// <summary>The slots of items that meet a filter.</summary>
    public IEnumerable<int> Slots(ItemFilter filter)
    {
        var condition = new SqliteFilter(filter);
        using SqliteCommand command = Command($"SELECT slot FROM items WHERE {condition.Sql}");
        for (int i = 0; i < condition.Parameters.Count; i++)
            command.Parameters.AddWithValue(FormattableString.Invariant($"$f{i + 1}"), condition.Parameters[i]);
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read()) yield return reader.GetInt32(0);
    }

    public void Dispose()
    {
        _bySlot.Dispose();
        _byId.Dispose();
        _after.Dispose();
        _view?.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = _view;
        return command;
    }

    private static StoredItem? One(SqliteCommand command, object value)
    {
        command.Parameters[0].Value = value;
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? Item(reader) : null;
    }

    private static StoredItem Item(SqliteDataReader reader)
    {
        string id = reader.GetString(2);
        try
        {
            return new StoredItem(reader.GetInt32(0), reader.GetInt64(1), new ItemRecord(
                id, (RowKind)reader.GetInt32(3), Text(reader, 4), Text(reader, 5), Text(reader, 6),
                    AttributeJson.Read(reader.GetString(7)), []));
        }
        catch (Exception failure) when (failure is JsonException or InputException)
        {
            throw new IndexStoreException($"the index is damaged at item '{id}' ({failure.Message}); restore the folder from a copy",
                failure);
        }
    }

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
