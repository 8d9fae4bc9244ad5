using CsAligner.Server.Configuration;

namespace CsAligner.Server.Tests.Serving;

/// <summary>A service whose index fails when it is told to.</summary>
internal sealed record FaultyService(Service Service, FaultyIndex Index) : IAsyncDisposable
{
    public static async Task<FaultyService> StartAsync(Func<SearchServerOptions, SearchServerOptions>? change = null)
    {
        FaultyIndex? faulty = null;
        Service service = await Service.StartAsync(change, index => faulty = new FaultyIndex(index));
        return new FaultyService(service, faulty!);
    }

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
