using System.Net;
using System.Net.Sockets;
using CsAligner.Search.Embedded;
using CsAligner.Server.Configuration;
using CsAligner.Server.Keys;
using CsAligner.Server.Tests.Serving;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Server.Tests;

public sealed class GateTests(Service service) : IClassFixture<Service>
{
    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LocalHost:7860", 200)]
    [InlineData("127.0.0.1:1", 200)]
    [InlineData("127.9.9.9", 200)]
    [InlineData("[::1]:7860", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("evil.example:7860", 421)]
    [InlineData("localhost.evil.example", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("10.0.0.1", 421)]
    [InlineData("[::2]", 421)]
    [InlineData("", 421)]
    public async Task WithoutKeysOnlyOurNamesAreAnswered(string host, int expected)
    {
        foreach (string path in (string[])["/", "/v1/stats", "/healthz", "/openapi.json"])
        {
            string answer = await RawHttp.ExchangeAsync(service.Address, $"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {expected} ", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ANameThatIsGivenIsOurs()
    {
        await using Service named = await Service.StartAsync(options => options with { HostNames = ["search.example"] });
        Assert.Contains(" 200 ", await RawHttp.ExchangeAsync(named.Address, "GET /v1/stats HTTP/1.1\r\nHost: Search.Example\r\n\r\n"),
            StringComparison.Ordinal);
        Assert.Contains(" 421 ", await RawHttp.ExchangeAsync(named.Address, "GET /v1/stats HTTP/1.1\r\nHost: other.example\r\n\r\n"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site", 403)]
    [InlineData("Sec-Fetch-Site: same-site", 403)]
    [InlineData("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors", 403)]
    [InlineData("Origin: http://evil.example", 403)]
    [InlineData("Origin: null", 403)]
    [InlineData("Origin: http://localhost:1", 403)]
    [InlineData("Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.example", 403)]
    [InlineData("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate", 200)]
    [InlineData("Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost", 200)]
    [InlineData("Sec-Fetch-Site: none", 200)]
    public async Task OtherSitesAreRefused(string headers, int expected) => Assert.StartsWith($"HTTP/1.1 {expected} ",
        await RawHttp.ExchangeAsync(service.Address, $"GET /v1/stats HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"),
            StringComparison.Ordinal);

    [Fact]
    public async Task OtherSitesCannotWriteByANavigation()
    {
        const string Body = "{\"items\":[{\"text\":\"x\"}]}";
        Assert.StartsWith("HTTP/1.1 403 ", await RawHttp.ExchangeAsync(service.Address, $"POST /v1/items HTTP/1.1\r\nHost: localhost\r\n"
            + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Body.Length}\r\n\r\n{Body}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*:0")]
    [InlineData("0.0.0.0:0")]
    [InlineData("[::]:0")]
    public async Task BeyondThisMachineItNeedsAKey(string listen)
    {
        using var folder = new TemporaryFolder();
        await using EmbeddedIndex index = await OpenAsync(folder);
        var options = new SearchServerOptions { Listen = listen, PictureCommand = Service.PictureCommand };
        InputException refused = await Assert.ThrowsAsync<InputException>(() => SearchServer.StartAsync(index, Samples.Encoder, options,
            TestContext.Current.CancellationToken));
        Assert.Contains("there is no key", refused.Message, StringComparison.Ordinal);
        options = options with { Keys = new ApiKeys([KeyedService.ReadKey], []) };
        await using SearchServer server = await SearchServer.StartAsync(index, Samples.Encoder, options,
            TestContext.Current.CancellationToken);
        var address = new Uri($"http://127.0.0.1:{server.Address.Port}");
        Assert.Contains(" 401 ", await RawHttp.ExchangeAsync(address, "GET /healthz HTTP/1.1\r\nHost: any\r\n\r\n"),
            StringComparison.Ordinal);
        Assert.Contains(" 200 ", await RawHttp.ExchangeAsync(address,
            $"GET /healthz HTTP/1.1\r\nHost: any\r\nAuthorization: Bearer {KeyedService.ReadKey}\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItListensAtIpv6()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using Service six = await Service.StartAsync(options => options with { Listen = "[::1]:0" });
        Assert.Equal("[::1]", six.Address.Host);
        await six.GetAsync("/v1/stats");
    }

    [Theory]
    [InlineData("")]
    [InlineData("7860")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("::1:80")]
    [InlineData("example.com:80")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("[127.0.0.1]:80x")]
    public void OtherAddressesAreSaidToBeWrong(string listen) => Assert.Contains("expected ADDRESS:PORT",
        Assert.Throws<InputException>(() => ListenAddress.Parse(listen)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task AnAddressThatIsTakenIsSaidToBe()
    {
        using var folder = new TemporaryFolder();
        await using EmbeddedIndex index = await OpenAsync(folder);
        var options = new SearchServerOptions { Listen = service.Address.Authority, PictureCommand = Service.PictureCommand };
        Assert.Contains("cannot listen at", (await Assert.ThrowsAsync<InputException>(() =>
            SearchServer.StartAsync(index, Samples.Encoder, options, TestContext.Current.CancellationToken))).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryAnswerIsStrictWithBrowsers()
    {
        foreach (string path in (string[])["/", "/v1/stats", "/nowhere", "/v1/search?top=x", "/web/app.js"])
        {
            using HttpResponseMessage response = await service.Client.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains("default-src 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")),
                StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe-inline", response.Headers.ToString(), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Server"));
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    private static Task<EmbeddedIndex> OpenAsync(TemporaryFolder folder) => EmbeddedIndex.OpenAsync(folder["index"],
        new EmbeddedIndexOptions { Width = Samples.Encoder.Width }, TestContext.Current.CancellationToken);
}
