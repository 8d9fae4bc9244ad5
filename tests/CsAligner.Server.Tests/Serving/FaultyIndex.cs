using CsAligner.Search;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;

namespace CsAligner.Server.Tests.Serving;

/// <summary>An index that fails, waits and leaves parts out when it is told to.</summary>
internal sealed class FaultyIndex(ISearchIndex inner) : ISearchIndex
{
    /// <summary>What every call throws; null for nothing.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether every answer lacks a part.</summary>
    public bool Partial { get; set; }

    /// <summary>What searches wait for; null for nothing.</summary>
    public TaskCompletionSource? Held { get; set; }

    /// <summary>Completes when a search waits.</summary>
    public TaskCompletionSource Reached { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Searches that were told to stop.</summary>
    public int Stopped { get; private set; }

    public int Width => inner.Width;

    public async Task AddAsync(IReadOnlyList<SearchItem> items, CancellationToken cancellation = default)
    {
        FailIfTold();
        await inner.AddAsync(items, cancellation);
    }

    public async Task<int> RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        FailIfTold();
        return await inner.RemoveAsync(ids, cancellation);
    }

    public async Task<IReadOnlyList<SearchItem>> GetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        // Where writes fail, reads go on.
        if (Failure is not IndexStoreException { Outcome: not WriteOutcome.None }) FailIfTold();
        return await inner.GetAsync(ids, cancellation);
    }

    public async Task<ItemPage> ListAsync(string? after = null, int limit = 100, CancellationToken cancellation = default)
    {
        FailIfTold();
        return await inner.ListAsync(after, limit, cancellation) with { Partial = Partial };
    }

    public async Task<SearchAnswer> SearchAsync(SearchQuery query, CancellationToken cancellation = default)
    {
        if (Held is { } held)
        {
            Reached.TrySetResult();
            try
            {
                await held.Task.WaitAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                Stopped++;
                throw;
            }
        }

        FailIfTold();
        return await inner.SearchAsync(query, cancellation) with { Partial = Partial };
    }

    public async Task<ItemCounts> CountAsync(CancellationToken cancellation = default)
    {
        FailIfTold();
        return await inner.CountAsync(cancellation) with { Partial = Partial };
    }

    public IAsyncEnumerable<SearchItem> SnapshotAsync(CancellationToken cancellation = default) => inner.SnapshotAsync(cancellation);

    // It stays the test's.
    public ValueTask DisposeAsync() => default;

    private void FailIfTold()
    {
        if (Failure is not null) throw Failure;
    }
}
