using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Search.Ranking;
using CsAligner.Tensors;
using StackExchange.Redis;

namespace CsAligner.Search.VectorSets;

/// <summary>
/// An index in vector sets of Redis 8 or Garnet, spread over keys in different slots, so that the nodes of a cluster share the work. When a
/// node does not answer, what the others know is given and said to be partial; a write to it is an error.
/// </summary>
/// <remarks>
/// What was acknowledged is as durable as the servers are set up to be (<c>appendonly</c>, <c>--aof</c>). There is no view of one moment: a
/// snapshot gives every item that is there from its begin to its end.
/// </remarks>
public sealed class VectorSetIndex : ISearchIndex
{
    private const string Version = "1";

    // Commands under way: more would only wait in the client.
    private const int AtATime = 256;

    private const int Effort = 200, FilteredEffort = 1000, Widening = 8;

    private readonly ConnectionMultiplexer _connection;
    private readonly VectorSetShard[] _shards;
    private readonly string _where;

    private VectorSetIndex(ConnectionMultiplexer connection, VectorSetShard[] shards, string where, int width) =>
        (_connection, _shards, _where, Width) = (connection, shards, where, width);

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Over how many vector sets it is spread.</summary>
    public int Shards => _shards.Length;

    /// <summary>Connects to a server or a cluster, and makes an index where <see cref="VectorSetIndexOptions.Width"/> is given.</summary>
    /// <param name="address">
    /// <c>redis://user:password@host:port,host:port</c>, with <c>/PREFIX</c> for <see cref="VectorSetIndexOptions.Prefix"/>
    /// (<c>rediss://</c> for TLS), or a configuration of StackExchange.Redis.
    /// </param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InputException">There is no index and no width to make one, or it is of another width.</exception>
    /// <exception cref="IndexStoreException">No server can be reached, or it has no vector sets.</exception>
    public static async Task<VectorSetIndex> OpenAsync(string address, VectorSetIndexOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        options ??= new VectorSetIndexOptions();
        var place = VectorSetAddress.Parse(address);
        if (place.Prefix is not null) options = options with { Prefix = place.Prefix };
        options.Check();
        cancellation.ThrowIfCancellationRequested();
        ConfigurationOptions configuration = place.Configuration;
        int patience = (int)options.Patience.TotalMilliseconds;
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = Math.Min(patience, 3000);
        configuration.AsyncTimeout = configuration.SyncTimeout = patience;

        // A command for a node that is away fails at once, and what is missing is said.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        ConnectionMultiplexer? connection = null;
        try
        {
            connection = await ConnectionMultiplexer.ConnectAsync(configuration);
            IDatabase database = connection.GetDatabase();
            VectorSetServer server = await DetectAsync(connection, database);
            (int width, int count) = await LayoutAsync(database, server, options, place.Shown);
            VectorSetShard[] shards = [.. Enumerable.Range(0, count)
                .Select(shard => Shard(database, server, options.Prefix, shard, width))];
            return new VectorSetIndex(connection, shards, place.Shown, width);
        }
        catch (Exception failure)
        {
            if (connection is not null) await connection.DisposeAsync();
            if (IsOfStore(failure)) throw Describe(place.Shown, failure, WriteOutcome.None);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task AddAsync(IReadOnlyList<SearchItem> items, CancellationToken cancellation = default)
    {
        IReadOnlyList<ItemRecord> records = ItemRecord.Check(items, Width);
        await WriteAsync(records, record => ShardOf(record.Id).AddAsync(record), cancellation);
    }

    /// <inheritdoc/>
    public async Task<int> RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        int removed = 0;
        await WriteAsync(Ids(ids), async id =>
        {
            if (await ShardOf(id).RemoveAsync(id)) Interlocked.Increment(ref removed);
        }, cancellation);
        return removed;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SearchItem>> GetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        Answers<List<ItemRecord>> found = await FetchAsync(Ids(ids), cancellation);
        if (found.Failure is not null) throw Describe(_where, found.Failure, WriteOutcome.None);
        return [.. found.Values.SelectMany(records => records).Select(record => record.ToItem())];
    }

    /// <inheritdoc/>
    public async Task<ItemPage> ListAsync(string? after = null, int limit = 100, CancellationToken cancellation = default)
    {
        PageRequest.Check(after, limit);
        bool partial = false;
        for (string from = after ?? ""; ;)
        {
            Answers<string[]> found = await AskAsync(shard => shard.IdsAsync(from, limit + 1), cancellation);
            string[] ids = [.. found.Values.SelectMany(each => each).Order(IdOrder.Instance).Take(limit + 1)];
            Answers<List<ItemRecord>> records = await FetchAsync([.. ids.Take(limit)], cancellation);
            partial |= found.Failure is not null || records.Failure is not null;
            SearchItem[] items =
                [.. records.Values.SelectMany(each => each).OrderBy(record => record.Id, IdOrder.Instance)
                    .Select(record => record.ToItem())];
            string? next = ids.Length > limit ? ids[limit - 1] : null;

            // All of the ids belonged to items that were being removed.
            if (items.Length > 0 || next is null) return new ItemPage(items, next, partial);
            from = next;
        }
    }

    /// <inheritdoc/>
    public async Task<SearchAnswer> SearchAsync(SearchQuery query, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        float[] unit = query.Check(Width);
        if (query.Exact) return await CompareAllAsync(unit, query, cancellation);
        byte[] bytes = VectorSetShard.Bytes(unit);
        string? condition = VectorSetFilter.Condition(query);
        int count = BestItems.Candidates(query.Top) + query.Except.Count;
        for (int effort = Math.Max(condition is null ? Effort : FilteredEffort, count); ; effort *= Widening, count *= Widening)
        {
            int asked = count, spent = Math.Min(effort, 1_000_000);
            Answers<List<(string Id, double Cosine)>> near =
                await AskAsync(shard => shard.NearAsync(bytes, asked, spent, condition), cancellation);
            string[] best = [.. near.Values.SelectMany(each => each).OrderByDescending(each => each.Cosine).Take(asked)
                .Select(each => each.Id)];
            Answers<List<ItemRecord>> records = await FetchAsync(best, cancellation);
            ItemRecord[] candidates = [.. records.Values.SelectMany(each => each)];
            IReadOnlyList<SearchHit> hits = BestItems.Order(unit, query, candidates);
            bool partial = near.Failure is not null || records.Failure is not null;
            if (hits.Count == query.Top || spent == 1_000_000) return new SearchAnswer(hits, Exact: false, partial);
            if (query.MinScore is not null && candidates.Any(item => !BestItems.Passes(UnitVector.Cosine(unit, item.Vector), query)))
                return new SearchAnswer(hits, Exact: false, partial);

            // Too few: there are no more, or the servers gave up too early. They look further, until they have looked at everything.
            Answers<long> sizes = await AskAsync(shard => shard.SizeAsync(), cancellation);
            long largest = sizes.Values.DefaultIfEmpty(0).Max();
            if (spent >= largest && asked >= sizes.Values.Sum()) return new SearchAnswer(hits, Exact: false, partial
                || sizes.Failure is not null);
            if (spent >= largest && condition is null && hits.Count >= candidates.Length)
                return new SearchAnswer(hits, Exact: false, partial || sizes.Failure is not null);
        }
    }

    /// <inheritdoc/>
    public async Task<ItemCounts> CountAsync(CancellationToken cancellation = default)
    {
        Answers<ItemCounts> counts = await AskAsync(shard => shard.CountAsync(), cancellation);
        return new ItemCounts(counts.Values.Sum(each => each.Images), counts.Values.Sum(each => each.Texts), counts.Failure is not null);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SearchItem> SnapshotAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (string? after = null; ;)
        {
            ItemPage page = await ListAsync(after, 500, cancellation);
            if (page.Partial) throw new IndexStoreException(
                $"{_where}: a node does not answer, so items are missing; try again when all are there");
            foreach (SearchItem item in page.Items) yield return item;
            if ((after = page.Next) is null) yield break;
        }
    }

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static VectorSetShard Shard(IDatabase database, VectorSetServer server, string prefix, int shard, int width) =>
        new(database, server, KeySlot.Tag(prefix, shard), width);

    // A node may be away: any that answers will do.
    private static async Task<VectorSetServer> DetectAsync(ConnectionMultiplexer connection, IDatabase database)
    {
        foreach (IServer server in connection.GetServers().Where(server => server.IsConnected))
        {
            try
            {
                return VectorSetServer.Of(await server.ExecuteAsync("HELLO"));
            }
            catch (Exception failure) when (IsOfStore(failure))
            {
                // The next.
            }
        }

        return VectorSetServer.Of(await database.ExecuteAsync("HELLO"));
    }

    // Every shard knows how the index is laid out, so that any node that is there can say it.
    private static async Task<(int Width, int Shards)> LayoutAsync(
        IDatabase database, VectorSetServer server, VectorSetIndexOptions options, string where)
    {
        string wanted = FormattableString.Invariant($"{Version} {options.Width} {options.Shards}");
        string? found = null;
        Exception? away = null;
        for (int shard = 0; shard < options.Shards && found is null; shard++)
        {
            try
            {
                found = await database.StringGetAsync(Shard(database, server, options.Prefix, shard, 0).Meta);
            }
            catch (Exception failure) when (IsAway(failure))
            {
                away = failure;
            }
        }

        if (found is null)
        {
            if (away is not null) throw away;
            if (options.Width is null) throw new InputException($"{where} have no index '{options.Prefix}'; give Width to make one");
            await Task.WhenAll(Enumerable.Range(0, options.Shards).Select(shard =>
                database.StringSetAsync(Shard(database, server, options.Prefix, shard, 0).Meta, wanted, when: When.NotExists)));
            found = (await database.StringGetAsync(Shard(database, server, options.Prefix, 0, 0).Meta))!;
        }

        string[] parts = found.Split(' ');
        if (parts.Length != 3 || parts[0] != Version || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out int width)
            || !int.TryParse(parts[2], CultureInfo.InvariantCulture, out int shards))
        {
            throw new InputException(
                $"{where}: the index '{options.Prefix}' has another format; use the version of CsAligner that wrote it");
        }

        if (options.Width is not null && options.Width != width)
            throw new InputException(
                $"{where}: the index '{options.Prefix}' has vectors of {width} values, {options.Width} were asked for; use the model "
                + "that it was made with, or another prefix");
        return (width, shards);
    }

    private VectorSetShard ShardOf(string id) => _shards[KeySlot.ShardOf(id, _shards.Length)];

    private async Task<SearchAnswer> CompareAllAsync(float[] unit, SearchQuery query, CancellationToken cancellation)
    {
        Answers<List<ItemRecord>> all = await AskAsync<List<ItemRecord>>(async shard =>
        {
            // The best of the shard; a moment's record of an item that is written twice while it is read is any of them.
            var best = new Dictionary<string, ItemRecord>(StringComparer.Ordinal);
            var except = new HashSet<string>(query.Except, StringComparer.Ordinal);
            await foreach (ItemRecord item in shard.AllAsync().WithCancellation(cancellation))
            {
                if (BestItems.IsWanted(item, query, except)) best[item.Id] = item;
                if (best.Count >= (4 * query.Top) + 1000) best = Kept(best.Values);
            }

            return [.. Kept(best.Values).Values];

            Dictionary<string, ItemRecord> Kept(IEnumerable<ItemRecord> items) => items
                .OrderByDescending(item => UnitVector.Cosine(unit, item.Vector)).ThenBy(item => item.Id, IdOrder.Instance).Take(query.Top)
                .ToDictionary(item => item.Id, StringComparer.Ordinal);
        }, cancellation);
        IReadOnlyList<SearchHit> hits = BestItems.Order(unit, query, all.Values.SelectMany(each => each));
        return new SearchAnswer(hits, Exact: true, all.Failure is not null);
    }

    private async Task<Answers<List<ItemRecord>>> FetchAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        var groups = ids.GroupBy(id => KeySlot.ShardOf(id, _shards.Length)).ToDictionary(group => _shards[group.Key], group =>
            group.ToArray());
        return await AskAsync(groups.Keys, shard => shard.GetAsync(groups[shard]), cancellation);
    }

    private Task<Answers<T>> AskAsync<T>(Func<VectorSetShard, Task<T>> ask, CancellationToken cancellation) =>
        AskAsync(_shards, ask, cancellation);

    // All at once; those that are away are told apart from those that refuse.
    private async Task<Answers<T>> AskAsync<T>(IReadOnlyCollection<VectorSetShard> shards, Func<VectorSetShard, Task<T>> ask,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Task<T>[] tasks = [.. shards.Select(ask)];
        var values = new List<T>(tasks.Length);
        Exception? away = null;
        foreach (Task<T> task in tasks)
        {
            try
            {
                values.Add(await task.WaitAsync(cancellation));
            }
            catch (Exception failure) when (IsAway(failure))
            {
                away = failure;
            }
            catch (Exception failure) when (IsOfStore(failure))
            {
                throw Describe(_where, failure, WriteOutcome.None);
            }
        }

        // With nobody there, nothing is partial.
        return values.Count == 0 && away is not null ? throw Describe(_where, away, WriteOutcome.None) : new Answers<T>(values, away);
    }

    private async Task WriteAsync<T>(IReadOnlyCollection<T> all, Func<T, Task> write, CancellationToken cancellation)
    {
        foreach (T[] part in all.Chunk(AtATime))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await Task.WhenAll(part.Select(write));
            }
            catch (Exception failure) when (IsOfStore(failure))
            {
                throw Describe(_where, failure, WriteOutcome.Unknown);
            }
        }
    }

    private static string[] Ids(IReadOnlyCollection<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (string id in ids) ItemRecord.CheckId(id);
        return [.. ids.Distinct(StringComparer.Ordinal)];
    }

    private static bool IsOfStore(Exception failure) => failure is RedisException or TimeoutException or ObjectDisposedException;

    private static bool IsAway(Exception failure) => failure is RedisConnectionException or RedisTimeoutException or TimeoutException
        || (failure is RedisServerException refused && (refused.Message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal)
            || refused.Message.StartsWith("MOVED", StringComparison.Ordinal)
                || refused.Message.StartsWith("LOADING", StringComparison.Ordinal)
            || refused.Message.StartsWith("TRYAGAIN", StringComparison.Ordinal)));

    private static IndexStoreException Describe(string where, Exception failure, WriteOutcome outcome)
    {
        string what = failure switch
        {
            RedisConnectionException => "a node cannot be reached",
            RedisTimeoutException or TimeoutException => "a node did not answer in time",
            RedisServerException refused when refused.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
                || refused.Message.Contains("not enabled", StringComparison.OrdinalIgnoreCase) =>
                $"the server has no vector sets ({refused.Message}); use Redis 8, or Garnet with --enable-vector-set-preview",
            _ => failure.Message,
        };
        string became = outcome == WriteOutcome.Unknown ? "; some of it may be written: give it again" : "";
        return new IndexStoreException($"{where}: {what}{became}", outcome, failure);
    }

    /// <summary>What the shards that answered said, and why others did not.</summary>
    private sealed record Answers<T>(IReadOnlyList<T> Values, Exception? Failure);
}
