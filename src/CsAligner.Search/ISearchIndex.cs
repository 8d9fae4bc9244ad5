using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Tensors;

namespace CsAligner.Search;

/// <summary>
/// An index of pictures and words. The stores in this library implement it; so may an application's own. Every member may be called from
/// several threads at a time.
/// </summary>
/// <remarks>
/// What cannot be done is an <see cref="InputException"/> of one line, or an <see cref="IndexStoreException"/> where the store failed. What
/// a part of the store did not answer is said (<c>Partial</c>), or an error: nothing is left out silently.
/// </remarks>
public interface ISearchIndex : IAsyncDisposable
{
    /// <summary>Values in a vector.</summary>
    int Width { get; }

    /// <summary>Adds items, in the place of those with the same ids. When it returns, they are kept and are found.</summary>
    /// <param name="items">Any number; of several with one id, the last stays.</param>
    /// <param name="cancellation">Stops it: some items may be added then.</param>
    /// <exception cref="InputException">An item cannot be kept; none was added.</exception>
    /// <exception cref="IndexStoreException">The store failed; <see cref="IndexStoreException.Outcome"/> says what became of the items.
    /// </exception>
    Task AddAsync(IReadOnlyList<SearchItem> items, CancellationToken cancellation = default);

    /// <summary>Removes items. When it returns, they are gone.</summary>
    /// <param name="ids">Ids; those that are not there are passed over.</param>
    /// <param name="cancellation">Stops it: some items may be removed then.</param>
    /// <returns>How many were there.</returns>
    /// <exception cref="IndexStoreException">The store failed.</exception>
    Task<int> RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default);

    /// <summary>Items by their ids; those that are not there are passed over.</summary>
    /// <param name="ids">At most 10,000.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IndexStoreException">The store, or the part with one of them, failed.</exception>
    Task<IReadOnlyList<SearchItem>> GetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default);

    /// <summary>Pages through all items in the order of their ids.</summary>
    /// <param name="after">Goes on behind this id; null begins.</param>
    /// <param name="limit">1 to 10,000.</param>
    /// <param name="cancellation">Stops it.</param>
    Task<ItemPage> ListAsync(string? after = null, int limit = 100, CancellationToken cancellation = default);

    /// <summary>Finds the items that are nearest to a vector.</summary>
    /// <param name="query">What to find.</param>
    /// <param name="cancellation">Stops it.</param>
    Task<SearchAnswer> SearchAsync(SearchQuery query, CancellationToken cancellation = default);

    /// <summary>How many items there are.</summary>
    /// <param name="cancellation">Stops it.</param>
    Task<ItemCounts> CountAsync(CancellationToken cancellation = default);

    /// <summary>All items in the order of their ids, for copying: as they were at one moment where the store can do that.</summary>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IndexStoreException">A part of the store failed: there is no partial snapshot.</exception>
    IAsyncEnumerable<SearchItem> SnapshotAsync(CancellationToken cancellation = default);
}
