using CsAligner.Web.Tests.Site;

[assembly: AssemblyFixture(typeof(SearchServer))]

namespace CsAligner.Web.Tests.Site;

/// <summary>The service that the page belongs to.</summary>
public sealed class SearchServer : IAsyncLifetime
{
    /// <summary>A service without keys, on an index of pictures and texts.</summary>
    public Task<Uri> AddressAsync() => Task.FromResult(FromEnvironment("CSALIGN_WEB"));

    /// <summary>The same with the keys <c>read-key</c> and <c>write-key</c>.</summary>
    public Task<Uri> LockedAddressAsync() => Task.FromResult(FromEnvironment("CSALIGN_WEB_LOCKED"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Uri FromEnvironment(string name)
    {
        string? address = Environment.GetEnvironmentVariable(name);
        Assert.SkipWhen(address is null, $"{name} does not say where the service is");
        return new Uri(address!);
    }
}
