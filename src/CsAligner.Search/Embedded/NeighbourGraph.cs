using Cloud.Unum.USearch;
using CsAligner.Tensors;

namespace CsAligner.Search.Embedded;

/// <summary>
/// A graph of neighbours (HNSW, by USearch) over slots. Adding and searching may go on at the same time: USearch has as many places for
/// that as the machine has threads, and fails where one more comes.
/// </summary>
internal sealed class NeighbourGraph : IDisposable
{
    private const int Connectivity = 16, ExpansionAtAdding = 128, ExpansionAtSearch = 128;

    // USearch grows when it is full, and nobody may be in it then.
    private readonly ReaderWriterLockSlim _growing = new();
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);
    private readonly USearchIndex _index;

    public NeighbourGraph(int width) => _index = new USearchIndex(
        MetricKind.Ip, ScalarKind.Float16, (ulong)width, Connectivity, ExpansionAtAdding, ExpansionAtSearch, multi: false);

    private NeighbourGraph(USearchIndex index) => _index = index;

    public long Size => (long)_index.Size();

    /// <summary>Whether its library runs on this machine.</summary>
    public static bool IsAvailable { get; } = Probe();

    /// <summary>Reads a graph that <see cref="Save"/> wrote, whose bytes were checked.</summary>
    /// <returns>Null if it is of another width or cannot be read.</returns>
    public static NeighbourGraph? Load(string path, int width)
    {
        try
        {
            var index = new USearchIndex(path, view: false);
            if (index.Dimensions() == (ulong)width) return new NeighbourGraph(index);
            index.Dispose();
        }
        catch (USearchException)
        {
            // It is built again.
        }

        return null;
    }

    /// <summary>Puts a row into a slot, in place of the one that was there.</summary>
    public void Put(int slot, float[] row)
    {
        Remove(slot);
        _places.Wait();
        try
        {
            _growing.EnterReadLock();
            try
            {
                // Each of the others inside may add one row more.
                if (_index.Size() + (ulong)Environment.ProcessorCount < _index.Capacity())
                {
                    _index.Add((ulong)slot, row);
                    return;
                }
            }
            finally
            {
                _growing.ExitReadLock();
            }

            _growing.EnterWriteLock();
            try
            {
                _index.Add((ulong)slot, row);
            }
            finally
            {
                _growing.ExitWriteLock();
            }
        }
        finally
        {
            _places.Release();
        }
    }

    public void Remove(int slot)
    {
        _growing.EnterWriteLock();
        try
        {
            if (_index.Contains((ulong)slot)) _index.Remove((ulong)slot);
        }
        finally
        {
            _growing.ExitWriteLock();
        }
    }

    /// <summary>Slots near a query, best first; null if the graph is busy or cannot answer.</summary>
    public int[]? TrySearch(float[] query, int count)
    {
        if (!_growing.TryEnterReadLock(0)) return null;
        try
        {
            if (_index.Size() == 0) return null;
            _places.Wait();
            try
            {
                int found = _index.Search(query, count, out ulong[] keys, out _);
                return [.. keys.Take(found).Select(key => (int)key)];
            }
            catch (USearchException)
            {
                return null;
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            _growing.ExitReadLock();
        }
    }

    /// <summary>Writes the graph to a file.</summary>
    /// <exception cref="USearchException">It cannot be written.</exception>
    public void Save(string path)
    {
        _growing.EnterWriteLock();
        try
        {
            _index.Save(path);
        }
        finally
        {
            _growing.ExitWriteLock();
        }
    }

    public void Dispose()
    {
        _index.Dispose();
        _growing.Dispose();
        _places.Dispose();
    }

    private static bool Probe()
    {
        try
        {
            using var index = new USearchIndex(MetricKind.Ip, ScalarKind.Float16, 4, Connectivity, 8, 8, multi: false);
            return true;
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException
            or TypeInitializationException or USearchException)
        {
            return false;
        }
    }
}
