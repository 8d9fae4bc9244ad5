using System.Net.Http.Headers;
using CsAligner.Server.Keys;

namespace CsAligner.Server.Tests.Serving;

/// <summary>A service that has a key to read and one to write.</summary>
public sealed class KeyedService : IAsyncLifetime
{
    public const string ReadKey = "read-0123456789-abcdef", WriteKey = "write-0123456789-abcdef";

    public Service Service { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Service = await Service.StartAsync(options => options with { Keys = new ApiKeys([ReadKey], [WriteKey]) });

    public async ValueTask DisposeAsync() => await Service.DisposeAsync();

    public async Task<HttpResponseMessage> SendAsync(string method, string path, string? authorization, HttpContent? body = null,
        string? cookie = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (cookie is not null) request.Headers.TryAddWithoutValidation("Cookie", cookie);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        return await Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
