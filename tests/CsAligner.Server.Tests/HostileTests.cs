using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using CsAligner.Data.Images;
using CsAligner.Server.Tests.Serving;
using CsAligner.Tensors;

namespace CsAligner.Server.Tests;

/// <summary>
/// 10,000 requests that are damaged at random, each from its own seed: never an internal error, never a hang, and the service is as it was.
/// </summary>
[Collection(Alone)]
public sealed class HostileTests
{
    /// <summary>The memory of the process is measured: nothing else may run beside it.</summary>
    private const string Alone = "alone";

    private const int AtATime = 16;

    // What is read is thrown away: after it, the heap of the process is within this of what it was.
    private const long MostGrowth = 128 << 20;

    private static readonly string[] Json =
    [
        """{"q":["a cat","the sun"],"like":"text:1","without":["x"],"top":5,"offset":2,"find":"images","exact":true}""",
        """{"q":"a cat","min_score":0.25,"filter":{"all":[{"attribute":"colour","in":["red","blue"]},{"not":{"attribute":"year","gte":2003}}]}}""",
        """{"q":"a cat","min_score":"auto","without_like":["image:2"],"image":["iVBORw0KGgo="]}""",
    ];

    [Fact]
    public async Task NothingBreaksTheService()
    {
        await using Service service = await Service.StartAsync(options => options with { PictureWorkers = 2 });
        string before = await ItemsAsync(service);
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await RunAsync(0, 5_000, seed => SendAsync(service, JsonRequest(seed, "/v1/search"), limit.Token));
        await RunAsync(5_000, 1_500, seed => SendAsync(service, AddressRequest(seed), limit.Token));
        await RunAsync(6_500, 1_000, seed => SendAsync(service, FormRequest(seed), limit.Token));
        await RunAsync(7_500, 600, seed => SendAsync(service, PictureRequest(seed), limit.Token));
        await RunAsync(8_100, 900, seed => SendRawAsync(service, seed));
        Assert.Equal(before, await ItemsAsync(service));

        // These may add what is still an item; they break nothing either.
        await RunAsync(9_000, 1_000, seed => SendAsync(service, ItemRequest(seed), limit.Token));
        using HttpResponseMessage health = await service.Client.GetAsync("/healthz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.DoesNotContain(service.Log, line => line.StartsWith("Error:", StringComparison.Ordinal));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - heap, long.MinValue, MostGrowth);
        Assert.InRange(Process.GetCurrentProcess().Threads.Count, 1, 200);
    }

    private static Task RunAsync(int first, int count, Func<int, Task> send) => Parallel.ForEachAsync(Enumerable.Range(first, count),
        new ParallelOptions { MaxDegreeOfParallelism = AtATime }, (seed, _) => new ValueTask(send(seed)));

    private static async Task<string> ItemsAsync(Service service) => (await service.GetAsync("/v1/items?limit=100")).ToString();

    private static async Task SendAsync(Service service, HttpRequestMessage request, CancellationToken cancellation)
    {
        string what = request.RequestUri!.ToString();
        using (request)
        using (HttpResponseMessage response = await service.Client.SendAsync(request, cancellation))
        {
            string text = await response.Content.ReadAsStringAsync(cancellation);
            if (response.StatusCode == HttpStatusCode.InternalServerError)
            {
                string log = string.Join('\n', service.Log.Where(line => line.StartsWith("Error:", StringComparison.Ordinal)));
                Assert.Fail($"{what}: {text} {log}");
            }
        }
    }

    private static async Task SendRawAsync(Service service, int seed)
    {
        var random = new RandomGenerator((ulong)seed);
        string body = Json[random.Next(Json.Length)];
        string request = (random.Next(3)) switch
        {
            0 => "GET /v1/items/image%3A1/picture?size=64 HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"x\"\r\nConnection: close\r\n\r\n",
            1 => $"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n"
                + $"Connection: close\r\n\r\n{body}",
            _ => "GET /v1/stats HTTP/1.1\r\nHost: localhost\r\nCookie: csalign-session=x\r\nAuthorization: Bearer x\r\n"
                + "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
        };
        string answer = await RawHttp.ExchangeAsync(service.Address, Damage(random, System.Text.Encoding.Latin1.GetBytes(request)),
            TimeSpan.FromMilliseconds(100));
        Assert.False(answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal), $"seed {seed}: {answer}");
    }

    private static HttpRequestMessage JsonRequest(int seed, string path)
    {
        var random = new RandomGenerator((ulong)seed);
        byte[] body = Damage(random, System.Text.Encoding.UTF8.GetBytes(Json[random.Next(Json.Length)]));
        if (random.Next(8) == 0) path = "/v1/embeddings";
        return new HttpRequestMessage(HttpMethod.Post, path) { Content = Typed(body, "application/json") };
    }

    private static HttpRequestMessage AddressRequest(int seed)
    {
        var random = new RandomGenerator((ulong)seed);
        string[] addresses =
        [
            "q=a%20cat&top=5&offset=3&find=images&exact=true&min_score=auto",
            "like=text%3A1&without=x&filter=%7B%22attribute%22%3A%22a%22%7D",
        ];
        byte[] address = System.Text.Encoding.Latin1.GetBytes(addresses[random.Next(2)]);
        string text = System.Text.Encoding.Latin1.GetString(Damage(random, address));
        string path = random.Next(3) switch { 0 => "/v1/search?", 1 => "/v1/items?after=", _ => "/v1/items/" };

        // As it is, where a client would still send it; else each byte escaped.
        bool plain = text.All(c => c is > ' ' and <= '~');
        return new HttpRequestMessage(HttpMethod.Get, path + (plain ? text : string.Concat(text.Select(c => $"%{(int)c:X2}"))));
    }

    private static HttpRequestMessage FormRequest(int seed)
    {
        var random = new RandomGenerator((ulong)seed);
        byte[] form =
        [
            .. "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\na cat\r\n"u8,
            .. "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nnone"u8,
            .. "\r\n--b\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n5\r\n--b--\r\n"u8,
        ];
        HttpContent body = Typed(Damage(random, form), "multipart/form-data; boundary=b");
        return new HttpRequestMessage(HttpMethod.Post, "/v1/search") { Content = body };
    }

    private static HttpRequestMessage PictureRequest(int seed)
    {
        var random = new RandomGenerator((ulong)seed);
        byte[] picture = Samples.Picture(seed % 12);
        byte[] file = random.Next(4) switch
        {
            0 => picture,
            1 => Thumbnail.Encode(ImageDecoder.Decode(picture, "it"), 64),
            2 => "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'><image href='file:///etc/passwd'/></svg>"u8.ToArray(),
            _ => PngFile.Encode(new byte[3 * 800 * 800], 800, 800),
        };
        return new HttpRequestMessage(HttpMethod.Post, "/v1/search") { Content = Forms.With(Damage(random, file)) };
    }

    private static HttpRequestMessage ItemRequest(int seed)
    {
        var random = new RandomGenerator((ulong)seed);
        byte[] body = Damage(random, System.Text.Encoding.UTF8.GetBytes(
            $$$"""{"items":[{"id":"new-{{{seed}}}","kind":"text","text":"some words","name":"a","attributes":{"colour":"red","year":2003}}]}"""));
        return new HttpRequestMessage(HttpMethod.Post, "/v1/items") { Content = Typed(body, "application/json") };
    }

    private static ByteArrayContent Typed(byte[] body, string type)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    /// <summary>Cuts, flips, repeats and overwrites, once to four times.</summary>
    private static byte[] Damage(RandomGenerator random, byte[] bytes)
    {
        for (int times = 1 + random.Next(4); times > 0 && bytes.Length > 1; times--)
        {
            int at = random.Next(bytes.Length), to = at + random.Next(Math.Min(40, bytes.Length - at));
            bytes = random.Next(6) switch
            {
                0 => bytes[..at],
                1 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]],
                2 => [.. bytes[..to], .. bytes[at..]],
                3 => [.. bytes[..at], .. bytes[to..]],
                4 => [.. bytes[..at], .. Odd(random), .. bytes[at..]],
                _ => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
            };
        }

        return bytes;
    }

    private static byte[] Odd(RandomGenerator random) => random.Next(10) switch
    {
        0 => "\\ud800"u8.ToArray(),
        1 => [0xC3, 0x28],
        2 => [0],
        3 => "1e999"u8.ToArray(),
        4 => "%00"u8.ToArray(),
        5 => "\r\n"u8.ToArray(),
        6 => "[[[[[[[[[["u8.ToArray(),
        7 => "-99999999999999999999"u8.ToArray(),
        8 => "%ff%2f..%2f"u8.ToArray(),
        _ => "\"\",null,{}"u8.ToArray(),
    };

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class AloneDefinition;
}
