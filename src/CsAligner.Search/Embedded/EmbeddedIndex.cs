using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Search.Ranking;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.Data.Sqlite;

namespace CsAligner.Search.Embedded;

/// <summary>
/// An index in a folder: items in SQLite, vectors as float16 in a file that is mapped into memory. Up to a size it compares all of them;
/// a larger one is searched through a graph of neighbours. One process at a time has it open.
/// </summary>
/// <remarks>
/// A write puts its vectors into free slots, waits until they are on the disk, and then commits the items that point there. So a crash
/// leaves what was there before or what came after, and what was acknowledged stays.
/// </remarks>
public sealed class EmbeddedIndex : ISearchIndex
{
    private const int ReadAgain = 5;

    private readonly string _folder;
    private readonly FileLock _held;
    private readonly ItemDatabase _database;
    private readonly HalfRowsFile _vectors;
    private readonly EmbeddedIndexOptions _options;
    private readonly GraphKeeper? _graph;

    // One writer; whoever reads slots holds _memory, which a writer takes for the moment in which its write comes to be.
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ReaderWriterLockSlim _memory = new(LockRecursionPolicy.NoRecursion);
    private readonly SlotTable _slots = new();

    // Slots that a snapshot may still read are not used again before it ends.
    private readonly List<int> _waiting = [];
    private int _snapshots;

    private long _sequence;
    private bool _disposed;

    private EmbeddedIndex(string folder, FileLock held, EmbeddedIndexOptions options, ItemDatabase database)
    {
        (_folder, _held, _options, _database) = (folder, held, options, database);
        var found = database.Slots().ToList();
        _slots.Load(found.Select(each => (each.Slot, each.Kind)));
        _sequence = long.Parse(database.Meta("sequence") ?? "0", CultureInfo.InvariantCulture);
        _vectors = HalfRowsFile.Open(Path.Combine(folder, "vectors.f16"), database.Width, _slots.Used);
        if (!NeighbourGraph.IsAvailable) return;
        _graph = new GraphKeeper(folder, Width, ReadRow, Moment);
        if (_slots.Total > options.ExactUpTo) _graph.Start(found.Select(each => (each.Slot, each.Sequence)), _slots.Used);
    }

    /// <inheritdoc/>
    public int Width => _database.Width;

    /// <summary>How many items the graph of neighbours does not have yet: searches are exact while these are many.</summary>
    public int Unindexed => _graph is { IsRunning: true } graph ? graph.Lag : 0;

    /// <summary>Opens the index in a folder, or makes one where <see cref="EmbeddedIndexOptions.Width"/> is given.</summary>
    /// <param name="folder">The folder, made where it is missing.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InputException">There is no index, it is damaged or of another width, or another process has it open.</exception>
    public static Task<EmbeddedIndex> OpenAsync(string folder, EmbeddedIndexOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new EmbeddedIndexOptions();
        options.Check();
        return Task.Run(() => Open(folder, options), cancellation);
    }

    /// <inheritdoc/>
    public async Task AddAsync(IReadOnlyList<SearchItem> items, CancellationToken cancellation = default)
    {
        IReadOnlyList<ItemRecord> records = ItemRecord.Check(items, Width);
        if (records.Count == 0) return;
        await WriteAsync(() => Add(records), cancellation);
    }

    /// <inheritdoc/>
    public async Task<int> RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (string id in ids) ItemRecord.CheckId(id);
        return ids.Count == 0 ? 0 : await WriteAsync(() => Remove(ids), cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SearchItem>> GetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (string id in ids) ItemRecord.CheckId(id);
        return ReadAsync<IReadOnlyList<SearchItem>>((reader, _) =>
            [.. ids.Distinct(StringComparer.Ordinal).Select(reader.ById).Where(item => item is not null)
                .Select(item => WithVector(item!.Value))
                .Select(record => record.ToItem())], cancellation);
    }

    /// <inheritdoc/>
    public Task<ItemPage> ListAsync(string? after = null, int limit = 100, CancellationToken cancellation = default)
    {
        PageRequest.Check(after, limit);
        return ReadAsync((reader, _) =>
        {
            List<StoredItem> found = reader.After(after ?? "", limit + 1);
            SearchItem[] items = [.. found.Take(limit).Select(item => WithVector(item).ToItem())];
            return new ItemPage(items, found.Count > limit ? items[^1].Id : null);
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task<SearchAnswer> SearchAsync(SearchQuery query, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        float[] unit = query.Check(Width);
        return ReadAsync((reader, isLast) => Search(reader, unit, query, isLast), cancellation);
    }

    /// <inheritdoc/>
    public Task<ItemCounts> CountAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(Looked(() => new ItemCounts(_slots.Count(RowKind.Image), _slots.Count(RowKind.Text))));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SearchItem> SnapshotAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        const int Page = 256;
        ItemReader reader = await WriteAsync(() =>
        {
            _snapshots++;
            try
            {
                return _database.Snapshot();
            }
            catch
            {
                EndSnapshot();
                throw;
            }
        }, cancellation);
        try
        {
            for (string after = ""; ;)
            {
                string from = after;
                ItemRecord[] items = await Task.Run(
                    () => Guarded(() => Looked(() => reader.After(from, Page).Select(WithVector).ToArray())), cancellation);
                foreach (ItemRecord item in items) yield return item.ToItem();
                if (items.Length < Page) yield break;
                after = items[^1].Id;
            }
        }
        finally
        {
            reader.Dispose();
            await _writing.WaitAsync(CancellationToken.None);
            EndSnapshot();
            _writing.Release();
        }
    }

    /// <summary>Waits until the graph has every item: for measuring, and before a copy of the folder is made.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task WaitForGraphAsync(CancellationToken cancellation = default)
    {
        while (Unindexed > 0) await Task.Delay(20, cancellation);
    }

    /// <summary>Closes the index; another process may open it then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        await _writing.WaitAsync();
        try
        {
            if (!_disposed) await Task.Run(Close);
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Close()
    {
        _graph?.Dispose();

        // Readers that began before end first; those that come later find it closed.
        Locked(() => _disposed = true);
        _database.Dispose();
        _vectors.Dispose();
        _held.Dispose();
    }

    private static EmbeddedIndex Open(string folder, EmbeddedIndexOptions options)
    {
        if (options.Width is not null) AtomicFile.CreateFolder(folder);
        else if (!Directory.Exists(folder)) throw new InputException(
            $"there is no index in '{folder}'; give Width to make one, or another path");
        string place = Path.Combine(folder, OutputLock.FileName);
        FileLock? held;
        try
        {
            held = FileLock.TryTake(place);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot open the index '{folder}': {failure.Message}", failure);
        }

        if (held is null)
            throw new InputException(
                $"the index '{folder}' is open in another process{FileLock.Holder(place)}; end that, or use another folder");
        ItemDatabase? database = null;
        try
        {
            database = ItemDatabase.Open(Path.Combine(folder, "items.sqlite"), options.Width);
            return new EmbeddedIndex(folder, held, options, database);
        }
        catch (Exception failure)
        {
            database?.Dispose();
            held.Dispose();
            if (failure is SqliteException broken) throw ItemDatabase.Failure(Path.Combine(folder, "items.sqlite"), broken,
                WriteOutcome.None);
            throw;
        }
    }

    private int Add(IReadOnlyList<ItemRecord> records)
    {
        int[] taken = new int[records.Count];
        Locked(() =>
        {
            for (int i = 0; i < taken.Length; i++) taken[i] = _slots.Take();
        });
        bool done = false;
        try
        {
            WriteVectors(records, taken);
            var old = new List<int>();
            using SqliteTransaction transaction = _database.Begin();
            for (int i = 0; i < taken.Length; i++)
            {
                if (_database.SlotOf(records[i].Id) is { } slot)
                {
                    _database.Remove(slot);
                    old.Add(slot);
                }

                _database.Add(taken[i], records[i], _sequence + 1);
            }

            SetSequence();
            Commit(transaction);
            done = true;
            Locked(() =>
            {
                _sequence++;
                foreach (int slot in old) _slots.Clear(slot);
                for (int i = 0; i < taken.Length; i++) _slots.Fill(taken[i], records[i].Kind);
                Release(old);
                _graph?.MarkStaleIfRunning([.. old, .. taken]);
            });
            StartGraph();
            return taken.Length;
        }
        finally
        {
            if (!done) Locked(() => Array.ForEach(taken, _slots.Free));
        }
    }

    private int Remove(IReadOnlyCollection<string> ids)
    {
        var old = new List<int>();
        using SqliteTransaction transaction = _database.Begin();
        foreach (string id in ids.Distinct(StringComparer.Ordinal))
        {
            if (_database.SlotOf(id) is not { } slot) continue;
            _database.Remove(slot);
            old.Add(slot);
        }

        SetSequence();
        Commit(transaction);
        Locked(() =>
        {
            _sequence++;
            foreach (int slot in old) _slots.Clear(slot);
            Release(old);
            _graph?.MarkStaleIfRunning(old);
        });
        return old.Count;
    }

    private void WriteVectors(IReadOnlyList<ItemRecord> records, int[] slots)
    {
        // Rows that lie side by side are written at once.
        for (int first = 0, end; first < slots.Length; first = end)
        {
            for (end = first + 1; end < slots.Length && end - first < 1024 && slots[end] == slots[end - 1] + 1;) end++;
            var rows = new Half[(end - first) * Width];
            for (int i = first; i < end; i++) records[i].Vector.CopyTo(rows.AsSpan((i - first) * Width));
            _vectors.Write(slots[first], rows);
        }

        _vectors.Flush();
    }

    private void SetSequence() => _database.SetMeta("sequence", (_sequence + 1).ToString(CultureInfo.InvariantCulture));

    private void Commit(SqliteTransaction transaction)
    {
        try
        {
            transaction.Commit();
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode != 13)
        {
            throw _database.Failure(failure, WriteOutcome.Unknown);
        }
    }

    // Null to look again: an item was missing that a write between its commit and its entry in memory has moved.
    private SearchAnswer? Search(ItemReader reader, float[] unit, SearchQuery query, bool isLast)
    {
        bool again = false;
        if (!query.Exact && SearchGraph(reader, unit, query, isLast, out again) is { } answer) return answer;
        if (again) return null;
        (List<ItemRecord> candidates, bool missing) = ExactCandidates(reader, unit, query);
        return missing && !isLast ? null : new SearchAnswer(BestItems.Order(unit, query, candidates), Exact: true);
    }

    private SearchAnswer? SearchGraph(ItemReader reader, float[] unit, SearchQuery query, bool isLast, out bool again)
    {
        again = false;
        if (_graph is not { IsRunning: true } || _slots.Total <= _options.ExactUpTo) return null;
        bool selective = query.Find is not null || query.Filter is not null;
        int breadth = query.Filter is not null ? 8 : selective ? 3 : 1;
        int count = Math.Min((BestItems.Candidates(query.Top) * breadth) + query.Except.Count, _slots.Used);
        if (_graph.TrySearch(unit, count) is not { } near) return null;
        (List<ItemRecord> candidates, bool missing) = Load(reader, near.Where(_slots.IsUsed));
        again = missing && !isLast;
        if (again) return null;
        IReadOnlyList<SearchHit> hits = BestItems.Order(unit, query, candidates);

        // Too few of the nearest are wanted: those that are have to be looked for among all.
        bool few = hits.Count < query.Top && (selective || query.Except.Count > 0) && !PassedBelow(unit, query, candidates);
        return few ? null : new SearchAnswer(hits, Exact: false);
    }

    // Whether the candidates reach below the lowest score that the query wants.
    private static bool PassedBelow(float[] unit, SearchQuery query, List<ItemRecord> candidates) =>
        query.MinScore is not null && candidates.Exists(item => !BestItems.Passes(UnitVector.Cosine(unit, item.Vector), query));

    private (List<ItemRecord> Candidates, bool Missing) ExactCandidates(ItemReader reader, float[] unit, SearchQuery query)
    {
        ReadOnlySpan<byte> kinds = _slots.Kinds;
        int used = (int)Math.Min(kinds.Length, _vectors.Capacity);
        byte[]? mask = null;
        float[] scores = ArrayPool<float>.Shared.Rent(Math.Max(1, used));
        try
        {
            ReadOnlySpan<byte> wanted = kinds[..used];
            if (query.Find is not null || query.Filter is not null)
            {
                mask = ArrayPool<byte>.Shared.Rent(Math.Max(1, used));
                Mask(reader, query, wanted, mask.AsSpan(0, used));
                wanted = mask.AsSpan(0, used);
            }

            Span<float> found = scores.AsSpan(0, used);
            _vectors.Score(unit, wanted, found);
            return Load(reader, Best(found, query));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scores);
            if (mask is not null) ArrayPool<byte>.Shared.Return(mask);
        }
    }

    private static void Mask(ItemReader reader, SearchQuery query, ReadOnlySpan<byte> kinds, Span<byte> mask)
    {
        if (query.Filter is null) kinds.CopyTo(mask);
        else mask.Clear();
        if (query.Filter is not null)
        {
            foreach (int slot in reader.Slots(query.Filter))
                if (slot < mask.Length) mask[slot] = kinds[slot];
        }

        if (query.Find is not { } kind) return;
        byte mark = SlotTable.Mark(kind);
        for (int i = 0; i < mask.Length; i++)
            if (mask[i] != mark) mask[i] = 0;
    }

    // Every slot that may be among the best, rounding allowed for.
    private List<int> Best(ReadOnlySpan<float> scores, SearchQuery query)
    {
        int count = query.Top + query.Except.Count;
        var lowest = new PriorityQueue<int, float>(count + 1);
        foreach (float score in scores)
        {
            if (float.IsNegativeInfinity(score)) continue;
            if (lowest.Count < count) lowest.Enqueue(0, score);
            else if (lowest.TryPeek(out _, out float least) && score > least) lowest.EnqueueDequeue(0, score);
        }

        double margin = BestItems.ProductMargin(Width);
        double bar = lowest.Count == count && lowest.TryPeek(out _, out float bound) ? bound - (2 * margin) : double.NegativeInfinity;
        if (query.MinScore is { } asked) bar = Math.Max(bar, asked - 1e-6 - margin);
        var slots = new List<int>();
        for (int slot = 0; slot < scores.Length; slot++)
            if (scores[slot] >= bar && !float.IsNegativeInfinity(scores[slot])) slots.Add(slot);
        return slots;
    }

    private (List<ItemRecord> Items, bool Missing) Load(ItemReader reader, IEnumerable<int> slots)
    {
        var items = new List<ItemRecord>();
        bool missing = false;
        foreach (int slot in slots)
        {
            if (reader.BySlot(slot) is { } item) items.Add(WithVector(item));
            else missing = true;
        }

        return (items, missing);
    }

    private ItemRecord WithVector(StoredItem item)
    {
        Half[] vector = _vectors.Read(item.Slot).ToArray();
        return VectorChecksum.Of(vector) == item.Checksum
            ? item.Record with { Vector = vector }
            : throw new IndexStoreException(
                $"'{Path.Combine(_folder, "vectors.f16")}' is damaged at item '{item.Record.Id}'; restore the folder from a copy");
    }

    private float[]? ReadRow(int slot) => Looked(() => _slots.IsUsed(slot) ? UnitVector.ToSingle(_vectors.Read(slot)) : null);

    private (long Sequence, int[] Stale) Moment() => Looked(() => (_sequence, _graph!.Stale()));

    // Called by the writer.
    private void StartGraph()
    {
        if (_graph is null or { IsRunning: true } || _slots.Total <= _options.ExactUpTo) return;
        _graph.Start([.. _database.Slots().Select(each => (each.Slot, each.Sequence))], _slots.Used);
    }

    private void Release(List<int> slots)
    {
        if (_snapshots > 0) _waiting.AddRange(slots);
        else slots.ForEach(_slots.Free);
    }

    private void EndSnapshot()
    {
        if (--_snapshots > 0) return;
        Locked(() => _waiting.ForEach(_slots.Free));
        _waiting.Clear();
    }

    private void Locked(Action change)
    {
        _memory.EnterWriteLock();
        try
        {
            change();
        }
        finally
        {
            _memory.ExitWriteLock();
        }
    }

    private async Task<T> WriteAsync<T>(Func<T> write, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _writing.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() => Guarded(write, WriteOutcome.NotDone), CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    // What lies in a slot stays there while the lock is held, and so does what the database says of it, but for a write that is just being
    // entered: the work gives null then, and is done again; the last time while nobody writes.
    private async Task<T> ReadAsync<T>(Func<ItemReader, bool, T?> read, CancellationToken cancellation)
        where T : class
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        T? result = await Task.Run(() => Tried(ReadAgain), cancellation);
        if (result is not null) return result;
        await _writing.WaitAsync(cancellation);
        try
        {
            return (await Task.Run(() => Tried(0), cancellation))!;
        }
        finally
        {
            _writing.Release();
        }

        T? Tried(int times) => _database.Read(reader =>
        {
            for (int left = times; ; left--)
            {
                cancellation.ThrowIfCancellationRequested();
                if (Looked(() => read(reader, times == 0)) is var found && (found is not null || left <= 1)) return found;
                Thread.Yield();
            }
        });
    }

    private T Looked<T>(Func<T> read)
    {
        _memory.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return read();
        }
        finally
        {
            _memory.ExitReadLock();
        }
    }

    private T Guarded<T>(Func<T> work, WriteOutcome outcome = WriteOutcome.None)
    {
        try
        {
            return work();
        }
        catch (SqliteException failure)
        {
            throw _database.Failure(failure, outcome);
        }
        catch (IOException failure)
        {
            throw new IndexStoreException($"the index '{_folder}' cannot be written: {failure.Message}; nothing was changed", outcome,
                failure);
        }
    }
}
