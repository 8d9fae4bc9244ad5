using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CsAligner.Server.Configuration;
using CsAligner.Server.Keys;
using CsAligner.Server.Security;
using CsAligner.Server.Tests.Serving;
using CsAligner.Tensors;
using CsAligner.Testing;
using Microsoft.AspNetCore.Http;

namespace CsAligner.Server.Tests;

public sealed class KeyTests(KeyedService keyed) : IClassFixture<KeyedService>
{
    private const string Read = $"Bearer {KeyedService.ReadKey}", Write = $"Bearer {KeyedService.WriteKey}";

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong-0123456789-abcdef")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic " + KeyedService.ReadKey)]
    [InlineData(KeyedService.ReadKey)]
    [InlineData("Bearer read-0123456789-abcde")]
    [InlineData("Bearer read-0123456789-abcdeff")]
    [InlineData("Bearer READ-0123456789-ABCDEF")]
    [InlineData("Bearer " + KeyedService.ReadKey + ", Bearer " + KeyedService.WriteKey)]
    public async Task EveryRouteNeedsAKey(string? authorization)
    {
        using HttpResponseMessage description = await keyed.SendAsync("GET", "/openapi.json", Read);
        JsonElement document = await description.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        (string Method, string Path)[] routes =
        [
            .. OpenApiTests.Operations(document).Select(each => (each.Method, each.Path)),
            ("get", "/docs"), ("get", "/docs/scalar.js"), ("get", "/nowhere"), ("options", "/v1/search"),
            ("get", "/session"), ("head", "/"),
            ("get", "/V1/STATS"), ("post", "/session/x"),
        ];
        Assert.True(routes.Length > 25);
        foreach (var (method, path) in routes)
        {
            string address = path.Replace("{id}", "text%3A1", StringComparison.Ordinal)
                .Replace("{name}", "app.js", StringComparison.Ordinal);
            if ((method, path) == ("post", "/session")) continue;
            using HttpResponseMessage response = await keyed.SendAsync(method, address, authorization);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path}: {response.StatusCode}");
            Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
            string type = response.Content.Headers.ContentType!.MediaType!;
            Assert.Equal((method, path) == ("get", "/") ? "text/html" : "application/problem+json", type);
        }
    }

    [Fact]
    public async Task AKeyToReadCannotWrite()
    {
        using HttpResponseMessage found = await keyed.SendAsync("GET", "/v1/search?q=cat", Read);
        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        object item = new { text = "x" };
        foreach (var (method, path, body) in ((string, string, object?)[])[
            ("POST", "/v1/items", new { items = (object[])[item] }), ("PUT", "/v1/items/x", item), ("DELETE", "/v1/items/text%3A1", null)])
        {
            using HttpResponseMessage refused = await keyed.SendAsync(method, path, Read, body is null ? null : JsonContent.Create(body));
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using HttpResponseMessage put = await keyed.SendAsync("PUT", "/v1/items/x", Write, JsonContent.Create(item));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        using HttpResponseMessage gone = await keyed.SendAsync("DELETE", "/v1/items/x", Write);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
    }

    [Fact]
    public async Task ABrowserSignsInAndOut()
    {
        using HttpResponseMessage wrong = await SignAsync(("key", "wrong-0123456789-abcdef"));
        Assert.Equal((HttpStatusCode.SeeOther, "/#wrong-key"), (wrong.StatusCode, wrong.Headers.Location!.ToString()));
        Assert.False(wrong.Headers.Contains("Set-Cookie"));

        using HttpResponseMessage signed = await SignAsync(("key", KeyedService.ReadKey));
        Assert.Equal((HttpStatusCode.SeeOther, "/"), (signed.StatusCode, signed.Headers.Location!.ToString()));
        string set = Assert.Single(signed.Headers.GetValues("Set-Cookie"));
        string[] flags = [.. set.Split(';').Skip(1).Select(flag => flag.Trim().ToLowerInvariant()).Order(StringComparer.Ordinal)];
        Assert.Equal(["httponly", "path=/", "samesite=strict"], flags);
        Assert.DoesNotContain(KeyedService.ReadKey, set, StringComparison.Ordinal);
        string cookie = set.Split(';')[0];

        using HttpResponseMessage page = await keyed.SendAsync("GET", "/", null, cookie: cookie);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        using HttpResponseMessage session = await keyed.SendAsync("GET", "/v1/session", null, cookie: cookie);
        JsonElement may = await session.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((true, false), (may.GetProperty("keys").GetBoolean(), may.GetProperty("write").GetBoolean()));
        using HttpResponseMessage refused = await keyed.SendAsync("DELETE", "/v1/items/text%3A1", null, cookie: cookie);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        using HttpResponseMessage signedOut = await SignAsync(cookie, ("sign_out", "1"));
        Assert.Equal((HttpStatusCode.SeeOther, "/"), (signedOut.StatusCode, signedOut.Headers.Location!.ToString()));
        using HttpResponseMessage after = await keyed.SendAsync("GET", "/v1/session", null, cookie: cookie);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public void ASessionEndsByItself()
    {
        var clock = new SetClock();
        var gate = new Gate(new SearchServerOptions { Keys = new ApiKeys([KeyedService.ReadKey], []) }, clock);
        var signing = new DefaultHttpContext();
        Assert.True(gate.TryBegin(signing, KeyedService.ReadKey));
        string cookie = signing.Response.Headers.SetCookie.ToString().Split(';')[0];
        Assert.Equal(StatusCodes.Status200OK, Ask());
        clock.Now += TimeSpan.FromHours(13);
        Assert.Equal(StatusCodes.Status401Unauthorized, Ask());

        int Ask()
        {
            var asking = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
            (asking.Request.Method, asking.Request.Path, asking.Request.Headers.Cookie) = ("GET", "/v1/stats", cookie);
            Assert.True(gate.PassAsync(asking, _ => Task.CompletedTask).IsCompleted);
            return asking.Response.StatusCode;
        }
    }

    [Fact]
    public async Task NoKeyStandsInTheLogOrInAnAnswer()
    {
        string[] keys = [KeyedService.ReadKey, KeyedService.WriteKey, "guess-0123456789-abcdef"];
        foreach (string key in keys)
        {
            foreach (string path in (string[])["/", "/v1/stats", "/v1/search?q=secretword&top=x", "/metrics", "/nowhere"])
            {
                using HttpResponseMessage response = await keyed.SendAsync("GET", path, $"Bearer {key}");
                AssertHasNone(response.Headers + await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }

            using HttpResponseMessage signed = await SignAsync(("key", key));
            AssertHasNone(signed.Headers.ToString());
            using HttpResponseMessage other = await SignAsync(("key", key), ("other", key));
            AssertHasNone(await other.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        foreach (string line in keyed.Service.Log.Where(line => !line.StartsWith("Trace:", StringComparison.Ordinal)))
            AssertHasNone(line);

        void AssertHasNone(string text) => Assert.All(keys, key => Assert.DoesNotContain(key, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n\n")]
    [InlineData("admin 0123456789-secretsecret")]
    [InlineData("read 0123456789-secretsecret more")]
    [InlineData("0123456789-secretsecret")]
    [InlineData("read")]
    [InlineData("read secret")]
    [InlineData("write secretsecretsecretsecret\u00e9")]
    public void AFileOfKeysSaysWhatIsWrongWithoutTheKey(string lines)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("keys", System.Text.Encoding.UTF8.GetBytes(lines));
        string message = Assert.Throws<InputException>(() => ApiKeys.Read(file)).Message;
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void AFileOfKeysIsRead()
    {
        using var folder = new TemporaryFolder();
        ApiKeys keys = ApiKeys.Read(folder.Write("keys",
            System.Text.Encoding.UTF8.GetBytes($"# ours\r\n\n  read\t{KeyedService.ReadKey}  \nwrite {KeyedService.WriteKey}\n")));
        Assert.Equal((Access.Read, Access.Write, Access.None, Access.None),
            (keys.AccessOf(KeyedService.ReadKey), keys.AccessOf(KeyedService.WriteKey), keys.AccessOf("read"), keys.AccessOf(null)));
        Assert.Contains("cannot read the keys", Assert.Throws<InputException>(() => ApiKeys.Read(folder["nowhere"])).Message,
            StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> SignAsync(params (string Name, string Value)[] fields) => SignAsync(null, fields);

    private Task<HttpResponseMessage> SignAsync(string? cookie, params (string Name, string Value)[] fields) => keyed.SendAsync("POST",
        Gate.SessionPath, null, new FormUrlEncodedContent(fields.ToDictionary(field => field.Name, field => field.Value)), cookie);

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
