using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task WhoAsksTooFastIsToldToWait()
    {
        await using Service service = await Service.StartAsync(options => options with { RequestsPerSecond = 1 });
        var answers = new List<HttpResponseMessage>();
        for (int i = 0; i < 12; i++) answers.Add(await service.Client.GetAsync("/v1/session", TestContext.Current.CancellationToken));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        HttpResponseMessage refused = answers.First(answer => answer.StatusCode != HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(refused.Headers.GetValues("X-Content-Type-Options")));
        using HttpResponseMessage lives = await service.Client.GetAsync("/livez", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, lives.StatusCode);
    }

    [Fact]
    public async Task MoreThanItWorksOnAndThanMayWaitAreRefused()
    {
        await using FaultyService faulty = await FaultyService.StartAsync(options => options with { MaxConcurrent = 1 });
        faulty.Index.Held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<HttpResponseMessage>[] asked = [.. Enumerable.Range(0, 5)
            .Select(_ => faulty.Service.Client.GetAsync("/v1/search?q=cat", TestContext.Current.CancellationToken))];
        var refused = new List<HttpResponseMessage>();
        await foreach (Task<HttpResponseMessage> answer in Task.WhenEach(asked).WithCancellation(TestContext.Current.CancellationToken))
        {
            refused.Add(await answer);
            if (refused.Count == 3) break;
        }

        Assert.All(refused, answer => Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode));
        Assert.All(refused, answer => Assert.NotNull(answer.Headers.RetryAfter));
        using HttpResponseMessage ready = await faulty.Service.Client.GetAsync("/readyz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        faulty.Index.Held.SetResult();
        HttpResponseMessage[] all = await Task.WhenAll(asked);
        Assert.Equal(2, all.Count(answer => answer.StatusCode == HttpStatusCode.OK));
    }

    [Fact]
    public async Task TooManyBytesAreRefused()
    {
        await using Service service = await Service.StartAsync(options =>
            options with { MaxRequestBytes = 20_000, MaxPictureBytes = 5_000 });
        string words = new('x', 30_000);
        Assert.Contains("too large", await service.RefusedAsync("/v1/search", HttpStatusCode.RequestEntityTooLarge, new { q = words }),
            StringComparison.Ordinal);
        await service.RefusedAsync("/v1/search", HttpStatusCode.RequestEntityTooLarge, Forms.With(new byte[30_000]));
        byte[] picture = new byte[6_000];
        foreach (string path in (string[])["/v1/search", "/v1/items"])
        {
            Assert.Contains("at most 5000", await service.RefusedAsync(path, HttpStatusCode.RequestEntityTooLarge, Forms.With(picture)),
                StringComparison.Ordinal);
        }

        await service.RefusedAsync("/v1/search", HttpStatusCode.RequestEntityTooLarge, new { image = Convert.ToBase64String(picture) });
        await service.RefusedAsync("/v1/items", HttpStatusCode.RequestEntityTooLarge,
            new { items = (object[])[new { image = Convert.ToBase64String(picture) }] });

        // Without a length it is found out on the way.
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v1/search") { Content = JsonContent.Create(new { q = words }) };
        chunked.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await service.Client.SendAsync(chunked, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task ABodyThatDoesNotComeIsNotWaitedFor()
    {
        await using Service service = await Service.StartAsync(options => options with { RequestTime = TimeSpan.FromSeconds(1) });
        foreach (string type in (string[])["application/json", "multipart/form-data; boundary=b"])
        {
            using var client = new TcpClient();
            await client.ConnectAsync(service.Address.Host, service.Address.Port, TestContext.Current.CancellationToken);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
                $"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 1000\r\n\r\n{{"),
                TestContext.Current.CancellationToken);
            using var reader = new StreamReader(stream);
            Task<string?> status = reader.ReadLineAsync(TestContext.Current.CancellationToken)
                .AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            if (type == "application/json") Assert.Equal("HTTP/1.1 503 Service Unavailable", await status);

            // A form that is read no further closes its connection: that is ASP.NET's way.
            else await Assert.ThrowsAnyAsync<IOException>(() => status);
        }

        await service.GetAsync("/v1/stats");
    }

    [Fact]
    public async Task HalfOpenConnectionsAreDropped()
    {
        await using Service service = await Service.StartAsync();
        var clients = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                var client = new TcpClient();
                clients.Add(client);
                await client.ConnectAsync(service.Address.Host, service.Address.Port, TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync("GET /v1/stats HTTP/1.1\r\nHost: local"u8.ToArray(),
                    TestContext.Current.CancellationToken);
            }

            // The service goes on meanwhile.
            await service.GetAsync("/v1/search?q=a+cat");
            long begin = Stopwatch.GetTimestamp();
            string[] answers = await Task.WhenAll(clients.Select(client => ReadAsync(client)));
            Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 45);
            Assert.All(answers, answer => Assert.True(answer.Length == 0 || answer.Contains(" 408 ", StringComparison.Ordinal), answer));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await service.GetAsync("/v1/stats");

        static async Task<string> ReadAsync(TcpClient client)
        {
            using var reader = new StreamReader(client.GetStream());
            try
            {
                return await reader.ReadToEndAsync(TestContext.Current.CancellationToken)
                    .WaitAsync(TimeSpan.FromSeconds(45), TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                return "";
            }
        }
    }
}
