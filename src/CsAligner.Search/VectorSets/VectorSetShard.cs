using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using StackExchange.Redis;

namespace CsAligner.Search.VectorSets;

/// <summary>
/// A part of an index, whose keys lie in one slot: the vector set, a hash of the items, and for each kind a sorted set of ids, which gives
/// their order. The hash is the truth: what a search or a page finds and the hash does not have is no item.
/// </summary>
internal sealed class VectorSetShard(IDatabase database, VectorSetServer server, string tag, int width)
{
    private const int Links = 16, EffortAtAdding = 200;

    private readonly RedisKey _vectors = $"{tag}:vectors", _items = $"{tag}:items";
    private readonly RedisKey[] _ids = [$"{tag}:images", $"{tag}:texts"];

    public RedisKey Meta { get; } = $"{tag}:meta";

    /// <summary>Adds an item. Nothing of it is found before the hash has it.</summary>
    public Task AddAsync(ItemRecord item)
    {
        // Commands on one connection are done in the order in which they were given.
        byte[] id = Encoding.UTF8.GetBytes(item.Id);
        return Task.WhenAll(
            database.HashSetAsync(_items, id, VectorSetRecord.Write(item)),
            database.SortedSetAddAsync(_ids[(int)item.Kind], id, 0),
            database.SortedSetRemoveAsync(_ids[1 - (int)item.Kind], id),
            database.ExecuteAsync("VADD",
            [
                _vectors, "FP32", Bytes(UnitVector.ToSingle(item.Vector)), id, "NOQUANT", "EF", EffortAtAdding, "SETATTR",
                    VectorSetFilter.Attributes(item), "M", Links,
                .. server.Adding,
            ]));
    }

    public async Task<bool> RemoveAsync(string id)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(id);
        Task<bool> was = database.HashDeleteAsync(_items, bytes);
        await Task.WhenAll(
            was,
            database.SortedSetRemoveAsync(_ids[0], bytes),
            database.SortedSetRemoveAsync(_ids[1], bytes),
            database.ExecuteAsync("VREM", _vectors, bytes));
        return await was;
    }

    public async Task<List<ItemRecord>> GetAsync(IReadOnlyList<string> ids)
    {
        RedisValue[] found = await database.HashGetAsync(_items, [.. ids.Select(id => (RedisValue)Encoding.UTF8.GetBytes(id))]);
        return [.. ids.Zip(found).Where(each => !each.Second.IsNull)
            .Select(each => VectorSetRecord.Read(each.First, (ReadOnlyMemory<byte>)each.Second, width))];
    }

    /// <summary>Ids behind one, in their order.</summary>
    public async Task<string[]> IdsAsync(string after, int limit)
    {
        RedisValue least = after.Length == 0 ? RedisValue.Null : (RedisValue)Encoding.UTF8.GetBytes(after);
        RedisValue[][] found = await Task.WhenAll(_ids.Select(key =>
            database.SortedSetRangeByValueAsync(key, min: least, exclude: after.Length == 0 ? Exclude.None : Exclude.Start, take: limit)));
        return [.. found.SelectMany(ids => ids).Select(Text).Distinct(StringComparer.Ordinal).Order(IdOrder.Instance).Take(limit)];
    }

    public async Task<ItemCounts> CountAsync()
    {
        long[] counts = await Task.WhenAll(_ids.Select(key => database.SortedSetLengthAsync(key)));
        return new ItemCounts(counts[(int)RowKind.Image], counts[(int)RowKind.Text]);
    }

    public async Task<long> SizeAsync() => (long)await database.ExecuteAsync("VCARD", _vectors);

    /// <summary>Ids near a query with their cosines, as the server has them.</summary>
    public async Task<List<(string Id, double Cosine)>> NearAsync(byte[] query, int count, int effort, string? condition)
    {
        object[] arguments =
        [
            _vectors, "FP32", query, "WITHSCORES", "COUNT", count, "EF", effort, .. condition is null ? []
                : (object[])["FILTER", condition, .. server.Filtering(effort)],
        ];
        var found = (RedisResult[])(await database.ExecuteAsync("VSIM", arguments))!;
        var near = new List<(string, double)>(found.Length / 2);
        for (int i = 0; i + 1 < found.Length; i += 2)
        {
            if (found[i].IsNull) continue;
            near.Add((Text((RedisValue)found[i]), server.Cosine((double)found[i + 1])));
        }

        return near;
    }

    /// <summary>All items, in any order, some of them twice.</summary>
    public async IAsyncEnumerable<ItemRecord> AllAsync()
    {
        await foreach (HashEntry entry in database.HashScanAsync(_items, pageSize: 500))
            yield return VectorSetRecord.Read(Text(entry.Name), (ReadOnlyMemory<byte>)entry.Value, width);
    }

    public static byte[] Bytes(float[] vector) => MemoryMarshal.AsBytes<float>(vector).ToArray();

    private static string Text(RedisValue value) => Encoding.UTF8.GetString(((ReadOnlyMemory<byte>)value).Span);
}
