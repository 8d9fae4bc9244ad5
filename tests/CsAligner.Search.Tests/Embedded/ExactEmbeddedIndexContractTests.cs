using CsAligner.Search.Embedded;
using CsAligner.Search.Tests.Contract;
using CsAligner.Testing;

namespace CsAligner.Search.Tests.Embedded;

/// <summary>The contract on a folder that is small enough to be compared as a whole.</summary>
public sealed class ExactEmbeddedIndexContractTests : SearchIndexContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override async Task<ISearchIndex> NewAsync(int width) =>
        await EmbeddedIndex.OpenAsync(_folder["index"], new EmbeddedIndexOptions { Width = width }, TestContext.Current.CancellationToken);

    protected override async Task<ISearchIndex> ReopenAsync(ISearchIndex index, int? width = null)
    {
        await index.DisposeAsync();
        return await EmbeddedIndex.OpenAsync(_folder["index"], new EmbeddedIndexOptions { Width = width },
            TestContext.Current.CancellationToken);
    }
}
