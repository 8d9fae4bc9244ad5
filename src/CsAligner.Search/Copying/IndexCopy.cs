using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Copying;

/// <summary>Copies the items of one index into another, of any kind: to move from a folder to a database or a cluster, and back.</summary>
public static class IndexCopy
{
    private const int ItemsAtATime = 500;

    /// <summary>Copies all items, vectors bit for bit.</summary>
    /// <param name="from">Where they are. It must not lack a part.</param>
    /// <param name="to">Where they go: an empty index of the same width, unless <paramref name="merge"/> is set.</param>
    /// <param name="merge">Add to what is there; items with the same ids are replaced.</param>
    /// <param name="progress">Hears how many items are copied.</param>
    /// <param name="cancellation">Stops between items; what was copied stays.</param>
    /// <returns>How many items were copied.</returns>
    /// <exception cref="InputException">The widths differ, or there are items where they should go.</exception>
    /// <exception cref="IndexStoreException">A store failed, or the copy does not have as many items as were copied.</exception>
    public static async Task<long> RunAsync(
        ISearchIndex from, ISearchIndex to, bool merge = false, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (from.Width != to.Width)
            throw new InputException(
                $"copy: the index has vectors of {from.Width} values, the other of {to.Width}; both must be of one model");
        ItemCounts before = await to.CountAsync(cancellation);
        if (before.Partial) throw new IndexStoreException(
            "copy: a part of the index where the copy should go is missing; try again when it is there");
        if (!merge && before.Total > 0)
            throw new InputException(
                $"copy: there are {before.Total} items already where the copy should go; empty it, take another, or merge");
        long copied = 0;
        var part = new List<SearchItem>(ItemsAtATime);
        await foreach (SearchItem item in from.SnapshotAsync(cancellation))
        {
            part.Add(item);
            if (part.Count < ItemsAtATime) continue;
            await AddAsync();
        }

        await AddAsync();
        ItemCounts after = await to.CountAsync(cancellation);
        return !after.Partial && (merge ? after.Total >= copied : after.Total == copied)
            ? copied
            : throw new IndexStoreException(
                $"copy: {copied} items were copied and {after.Total} are there"
                    + $"{(after.Partial ? ", a part of the index is missing" : "")}; does "
                    + "another program write to it? Copy again into an empty one");

        async Task AddAsync()
        {
            if (part.Count == 0) return;
            await to.AddAsync(part, cancellation);
            copied += part.Count;
            progress?.Report(copied);
            part.Clear();
        }
    }
}
