using CsAligner.Search.Tests.Contract;
using CsAligner.Search.Tests.Servers;
using CsAligner.Search.VectorSets;

namespace CsAligner.Search.Tests.VectorSets;

/// <summary>The contract on three nodes of Garnet.</summary>
[Collection("servers")]
public sealed class VectorSetIndexContractTests(GarnetCluster cluster) : SearchIndexContract
{
    private readonly string _prefix = cluster.NewPrefix();

    protected override async Task<ISearchIndex> NewAsync(int width) => await OpenAsync(width);

    protected override async Task<ISearchIndex> ReopenAsync(ISearchIndex index, int? width = null)
    {
        await index.DisposeAsync();
        return await OpenAsync(width);
    }

    private async Task<VectorSetIndex> OpenAsync(int? width) => await VectorSetIndex.OpenAsync(
        await cluster.AddressAsync(), new VectorSetIndexOptions { Width = width, Prefix = _prefix }, TestContext.Current.CancellationToken);
}
