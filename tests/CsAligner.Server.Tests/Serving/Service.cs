using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CsAligner.Search;
using CsAligner.Search.Embedded;
using CsAligner.Server.Configuration;
using CsAligner.Server.Pictures;
using CsAligner.Testing;
using Microsoft.Extensions.Logging;

namespace CsAligner.Server.Tests.Serving;

/// <summary>A service over HTTP in this process, with its index, pictures and log; pictures are decoded in real processes.</summary>
public sealed class Service : IAsyncLifetime, IAsyncDisposable
{
    private readonly Func<SearchServerOptions, SearchServerOptions> _change;
    private readonly Func<ISearchIndex, ISearchIndex> _wrap;
    private readonly TemporaryFolder _folder = new();
    private readonly CollectedLog _log = new();
    private SearchServer? _server;
    private EmbeddedIndex? _index;

    public Service()
        : this(options => options)
    {
    }

    private Service(Func<SearchServerOptions, SearchServerOptions> change, Func<ISearchIndex, ISearchIndex>? wrap = null) =>
        (_change, _wrap) = (change, wrap ?? (index => index));

    public static string[] PictureCommand => ["dotnet", Path.Combine(AppContext.BaseDirectory, "csalign.dll"), PictureWorker.Argument];

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => _server!.Address;

    public ISearchIndex Index => _index!;

    /// <summary>Each line that was logged so far, the least important ones too.</summary>
    public IReadOnlyCollection<string> Log => _log.Lines;

    public string PictureFolder => Path.Combine(_folder.Path, "pictures");

    public string UploadFolder => Path.Combine(_folder.Path, "uploads");

    public SearchServer Server => _server!;

    public static async Task<Service> StartAsync(Func<SearchServerOptions, SearchServerOptions>? change = null,
        Func<ISearchIndex, ISearchIndex>? wrap = null)
    {
        var service = new Service(change ?? (options => options), wrap);
        await service.InitializeAsync();
        return service;
    }

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(PictureFolder);
        for (int i = 0; i < Samples.Words.Length; i++)
            await File.WriteAllBytesAsync(Path.Combine(PictureFolder, $"{i}.png"), Samples.Picture(i));
        await OpenAsync();
        await _index!.AddAsync(Samples.Items);
        await ListenAsync();
    }

    /// <summary>Stops it and starts it again over what it left on the disk.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await OpenAsync();
        await ListenAsync();
    }

    public async Task StopAsync()
    {
        Client.Dispose();
        await _server!.DisposeAsync();
        await _index!.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await StopAsync();
        _folder.Dispose();
    }

    /// <summary>The answer to a GET.</summary>
    public Task<JsonElement> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Get, path, null, expected);

    public Task<JsonElement> PostAsync(string path, object body, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Post, path, body is HttpContent content ? content : JsonContent.Create(body), expected);

    /// <summary>The answer to a request; nothing where it has no body. A refusal must be a problem of one line.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        using HttpResponseMessage response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == expected, $"{method} {path}: expected {expected}, got {response.StatusCode}: {text}");
        if (text.Length == 0) return default;
        using JsonDocument document = JsonDocument.Parse(text);
        if ((int)expected < 400) return document.RootElement.Clone();
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)expected, document.RootElement.GetProperty("status").GetInt32());
        Assert.DoesNotContain('\n', document.RootElement.GetProperty("detail").GetString()!);
        return document.RootElement.Clone();
    }

    /// <summary>What a refused request is told.</summary>
    public async Task<string> RefusedAsync(string path, HttpStatusCode expected, object? body = null) =>
        (body is null ? await GetAsync(path, expected) : await PostAsync(path, body, expected)).GetProperty("detail").GetString()!;

    public HttpClient NewClient(HttpMessageHandler? handler = null) =>
        new(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };

    private async Task OpenAsync() => _index = await EmbeddedIndex.OpenAsync(Path.Combine(_folder.Path, "index"),
        new EmbeddedIndexOptions { Width = Samples.Encoder.Width });

    private async Task ListenAsync()
    {
        _server = await SearchServer.StartAsync(_wrap(_index!), Samples.Encoder, _change(new SearchServerOptions
        {
            Listen = "127.0.0.1:0",
            RequestsPerSecond = 0,
            PictureFolders = [PictureFolder],
            UploadFolder = UploadFolder,
            PictureCommand = PictureCommand,
            Logging = logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log),
        }));
        Client = NewClient();
    }
}
