using System.Security.Cryptography;
using System.Text.Json;
using Cloud.Unum.USearch;
using CsAligner.Tensors.Interop;

namespace CsAligner.Search.Embedded;

/// <summary>
/// Keeps a graph of neighbours up to date behind the index, on a thread of its own. Slots whose row the graph does not have yet are stale:
/// whoever searches compares those one by one. The graph is derived: its file is checked, and built again where it does not fit.
/// </summary>
/// <param name="folder">The index's folder.</param>
/// <param name="width">Values in a row.</param>
/// <param name="read">A copy of a slot's row; null if the slot is free.</param>
/// <param name="moment">The sequence of the last write, and the stale slots at the same moment (<see cref="Stale"/>).</param>
internal sealed class GraphKeeper(string folder, int width, Func<int, float[]?> read, Func<(long Sequence, int[] Stale)> moment)
    : IDisposable
{
    /// <summary>More stale slots than this, and comparing all rows is as quick.</summary>
    public const int MostStale = 4096;

    private const int Batch = 1024, FewestChanges = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _stale = [];
    private readonly ManualResetEventSlim _work = new(false);
    private readonly CancellationTokenSource _stop = new();
    private NeighbourGraph? _graph;
    private Thread? _thread;
    private long _stamp, _changes;

    public bool IsRunning => _thread is not null;

    /// <summary>How many slots the graph is behind.</summary>
    public int Lag
    {
        get
        {
            lock (_gate) return _stale.Count;
        }
    }

    private string FilePath => Path.Combine(folder, "graph.usearch");

    private string NotePath => Path.Combine(folder, "graph.json");

    /// <summary>Reads what a former run left, and begins to work.</summary>
    /// <param name="slots">Slots in use, with the sequence of their write.</param>
    /// <param name="used">One more than the highest slot.</param>
    public void Start(IEnumerable<(int Slot, long Sequence)> slots, int used)
    {
        var all = slots.ToDictionary(each => each.Slot, each => each.Sequence);
        (long sequence, HashSet<int> behind) = (-1, []);
        if (ReadNote() is { } note && (_graph = NeighbourGraph.Load(FilePath, width)) is not null)
        {
            (sequence, behind) = (note.Sequence, [.. note.Stale]);
            for (int slot = 0; slot < used; slot++)
                if (!all.ContainsKey(slot)) _graph.Remove(slot);
        }

        _graph ??= new NeighbourGraph(width);
        MarkStale(all.Where(each => each.Value > sequence || behind.Contains(each.Key)).Select(each => each.Key));
        _thread = new Thread(Work) { IsBackground = true, Name = "csalign graph", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    /// <summary>Slots whose row has changed, or that are free now.</summary>
    public void MarkStale(IEnumerable<int> slots)
    {
        lock (_gate)
        {
            _stamp++;
            foreach (int slot in slots) _stale[slot] = _stamp;
        }

        _work.Set();
    }

    /// <summary>The same where the keeper is at work; else there is nothing that could be stale.</summary>
    public void MarkStaleIfRunning(IEnumerable<int> slots)
    {
        if (IsRunning) MarkStale(slots);
    }

    public int[] Stale()
    {
        lock (_gate) return [.. _stale.Keys];
    }

    /// <summary>Slots near a query, with all that the graph does not know; null if every row has to be compared.</summary>
    public IReadOnlyCollection<int>? TrySearch(float[] query, int count)
    {
        int[] stale;
        lock (_gate)
        {
            if (_graph is null || _stale.Count > MostStale) return null;
            stale = [.. _stale.Keys];
        }

        // Slots that become stale from here on are those of a write that is not done yet: the caller sees it by its own lock.
        return _graph.TrySearch(query, count) is { } near ? [.. near.Union(stale)] : null;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join();
        if (_thread is not null && _changes > 0) Save();
        _graph?.Dispose();
        _work.Dispose();
        _stop.Dispose();
    }

    private void Work()
    {
        try
        {
            while (true)
            {
                _work.Wait(_stop.Token);
                _work.Reset();
                while (Next() is { Length: > 0 } batch)
                {
                    // Many at once only while nobody can search the graph anyway.
                    var options = new ParallelOptions
                    {
                        MaxDegreeOfParallelism = Lag > MostStale ? Environment.ProcessorCount : 1,
                        CancellationToken = _stop.Token,
                    };
                    Parallel.ForEach(batch, options, Refresh);
                    if (Lag == 0 && _changes > Math.Max(FewestChanges, _graph!.Size / 10)) Save();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The index is closed.
        }
    }

    private KeyValuePair<int, long>[] Next()
    {
        lock (_gate) return [.. _stale.Take(Batch)];
    }

    private void Refresh(KeyValuePair<int, long> entry)
    {
        try
        {
            if (read(entry.Key) is { } row) _graph!.Put(entry.Key, row);
            else _graph!.Remove(entry.Key);
        }
        catch (USearchException)
        {
            // Out of memory: it stays stale, and searches compare it.
            Thread.Sleep(100);
            return;
        }

        Interlocked.Increment(ref _changes);
        lock (_gate)
        {
            if (_stale.TryGetValue(entry.Key, out long stamp) && stamp == entry.Value) _stale.Remove(entry.Key);
        }
    }

    // A failure costs the time to build it again, no more.
    private void Save()
    {
        string temporary = FilePath + ".new";
        try
        {
            // What is stale now may be in the file already, which does no harm; what is in neither would.
            (long sequence, int[] stale) = moment();
            File.Delete(NotePath);
            _graph!.Save(temporary);
            byte[] hash;
            long length;
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite))
            {
                hash = SHA256.HashData(file);
                length = file.Length;
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, FilePath, overwrite: true);
            FolderSync.Flush(folder);
            Tensors.Formats.AtomicFile.Write(NotePath, stream =>
                WriteNote(stream, new Note(sequence, stale, length, Convert.ToHexString(hash))));
            _changes = 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or USearchException or Tensors.InputException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // The next one overwrites it.
            }
        }
    }

    private Note? ReadNote()
    {
        try
        {
            if (!File.Exists(NotePath) || !File.Exists(FilePath)) return null;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(NotePath));
            JsonElement root = document.RootElement;
            var note = new Note(root.GetProperty("sequence").GetInt64(),
                [.. root.GetProperty("stale").EnumerateArray().Select(each => each.GetInt32())],
                root.GetProperty("bytes").GetInt64(), root.GetProperty("sha256").GetString() ?? "");
            using FileStream file = File.OpenRead(FilePath);
            return file.Length == note.Bytes && Convert.ToHexString(SHA256.HashData(file)) == note.Sha256 ? note : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException
            or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void WriteNote(Stream stream, Note note)
    {
        using var writer = new Utf8JsonWriter(stream);
        writer.WriteStartObject();
        writer.WriteNumber("sequence", note.Sequence);
        writer.WriteNumber("bytes", note.Bytes);
        writer.WriteString("sha256", note.Sha256);
        writer.WriteStartArray("stale");
        foreach (int slot in note.Stale) writer.WriteNumberValue(slot);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>What belongs to the graph's file.</summary>
    private sealed record Note(long Sequence, int[] Stale, long Bytes, string Sha256);
}
