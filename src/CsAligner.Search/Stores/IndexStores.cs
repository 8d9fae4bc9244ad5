using CsAligner.Search.Embedded;
using CsAligner.Search.Postgres;
using CsAligner.Search.VectorSets;
using CsAligner.Tensors;

namespace CsAligner.Search.Stores;

/// <summary>
/// Opens an index by its address: a folder, <c>postgres://…</c>, <c>redis://…</c>, or what an application adds with
/// <see cref="With"/>.
/// </summary>
public sealed class IndexStores
{
    private readonly IReadOnlyList<IndexStoreKind> _kinds;

    private IndexStores(IReadOnlyList<IndexStoreKind> kinds) => _kinds = kinds;

    /// <summary>The stores of this library.</summary>
    public static IndexStores BuiltIn { get; } = new(
    [
        new IndexStoreKind(["postgres://", "postgresql://"], async (address, width, stop) =>
            await PostgresIndex.OpenAsync(address, new PostgresIndexOptions { Width = width }, stop)),
        new IndexStoreKind(["redis://", "rediss://"], async (address, width, stop) =>
            await VectorSetIndex.OpenAsync(address, new VectorSetIndexOptions { Width = width }, stop)),
    ]);

    /// <summary>These and another; its addresses go before.</summary>
    public IndexStores With(IndexStoreKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return new IndexStores([kind, .. _kinds]);
    }

    /// <summary>Opens an index.</summary>
    /// <param name="address">A folder, or an address that begins with the scheme of a store.</param>
    /// <param name="width">Values in a vector, to make an index where there is none; null opens only what is there.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InputException">No store has this scheme, or the index cannot be opened.</exception>
    public async Task<ISearchIndex> OpenAsync(string address, int? width = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        foreach (IndexStoreKind kind in _kinds)
        {
            if (kind.Schemes.Any(scheme => address.StartsWith(scheme, StringComparison.Ordinal)))
                return await kind.OpenAsync(address, width, cancellation);
        }

        int at = address.IndexOf("://", StringComparison.Ordinal);
        if (at >= 0)
        {
            throw new InputException($"there is no store for '{address[..(at + 3)]}…'; expected a folder, or one of "
                + string.Join(", ", _kinds.SelectMany(kind => kind.Schemes)));
        }

        return await EmbeddedIndex.OpenAsync(address, new EmbeddedIndexOptions { Width = width }, cancellation);
    }
}
