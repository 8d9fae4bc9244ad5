using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using CsAligner.Data.Images;
using CsAligner.Search;
using CsAligner.Server.Tests.Serving;
using CsAligner.Testing;

namespace CsAligner.Server.Tests;

public sealed class FaultTests
{
    [Theory]
    [InlineData(WriteOutcome.NotDone, "not_done")]
    [InlineData(WriteOutcome.Unknown, "unknown")]
    public async Task AWriteThatTheStoreRefusesSaysWhatBecameOfIt(WriteOutcome outcome, string expected)
    {
        await using FaultyService faulty = await FaultyService.StartAsync();
        faulty.Index.Failure = new IndexStoreException("the database is out of reach", outcome, null);
        int before = Directory.GetFiles(faulty.Service.UploadFolder).Length;
        foreach (var (method, path, body) in ((string, string, HttpContent?)[])[
            ("POST", "/v1/items", Forms.With(Samples.Picture(3))), ("PUT", "/v1/items/x", JsonContent.Create(new { text = "x" })),
            ("DELETE", "/v1/items/text%3A1", null)])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
            using HttpResponseMessage response = await faulty.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
            JsonElement problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.Equal((expected, "the database is out of reach"), (problem.Text("outcome"), problem.Text("detail")));
        }

        // A picture stays where its item may be there.
        Assert.Equal(before + (outcome == WriteOutcome.Unknown ? 1 : 0), Directory.GetFiles(faulty.Service.UploadFolder).Length);
    }

    [Fact]
    public async Task AStoreOutOfReachIsNoErrorOfTheService()
    {
        await using FaultyService faulty = await FaultyService.StartAsync();
        faulty.Index.Failure = new IndexStoreException("the database is out of reach");
        foreach (string path in (string[])["/v1/search?q=cat", "/v1/items", "/v1/items/x", "/v1/items/x/picture", "/v1/stats"])
        {
            JsonElement problem = await faulty.Service.GetAsync(path, HttpStatusCode.ServiceUnavailable);
            Assert.False(problem.TryGetProperty("outcome", out _));
        }

        await AssertHealthAsync(faulty.Service, HttpStatusCode.ServiceUnavailable);
        faulty.Index.Failure = null;
        await AssertHealthAsync(faulty.Service, HttpStatusCode.OK);
        await faulty.Service.GetAsync("/v1/search?q=cat");
    }

    [Fact]
    public async Task PartialAnswersSayThatTheyAre()
    {
        await using FaultyService faulty = await FaultyService.StartAsync();
        foreach (bool partial in (bool[])[false, true])
        {
            faulty.Index.Partial = partial;
            foreach (string path in (string[])["/v1/search?q=cat", "/v1/search?q=cat&min_score=auto", "/v1/items", "/v1/stats"])
                Assert.Equal(partial, (await faulty.Service.GetAsync(path)).GetProperty("partial").GetBoolean());
            await AssertHealthAsync(faulty.Service, partial ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task AMistakeOfOursIsLoggedAndTellsNothing()
    {
        await using FaultyService faulty = await FaultyService.StartAsync();
        faulty.Index.Failure = new InvalidOperationException("inner workings");
        JsonElement problem = await faulty.Service.GetAsync("/v1/search?q=cat", HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("inner workings", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains(faulty.Service.Log, line => line.StartsWith("Error: GET /v1/search failed", StringComparison.Ordinal)
            && line.Contains("inner workings", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StoppingFinishesWhatIsUnderWay()
    {
        await using FaultyService faulty = await FaultyService.StartAsync();
        faulty.Index.Held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<JsonElement> asked = faulty.Service.GetAsync("/v1/search?q=cat");
        await faulty.Index.Reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Task stopped = faulty.Service.Server.DisposeAsync().AsTask();
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.False(stopped.IsCompleted);
        faulty.Index.Held.SetResult();
        Assert.NotEmpty((await asked).Ids());
        await stopped.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AClientThatGoesAwayStopsItsSearch()
    {
        await using FaultyService faulty = await FaultyService.StartAsync();
        for (int i = 0; i < 20; i++)
        {
            faulty.Index.Held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            faulty.Index.Reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var gone = new CancellationTokenSource();
            Task asked = faulty.Service.Client.GetAsync("/v1/search?q=cat", gone.Token);
            await faulty.Index.Reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
            for (int wait = 0; faulty.Index.Stopped <= i && wait < 300; wait++)
                await Task.Delay(100, TestContext.Current.CancellationToken);
            Assert.Equal(i + 1, faulty.Index.Stopped);
        }

        faulty.Index.Held = null;
        await faulty.Service.GetAsync("/v1/search?q=cat");
        Assert.DoesNotContain(faulty.Service.Log, line => line.StartsWith("Error:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFullDiskIsSaidAndChangesNothing()
    {
        using var folder = new TemporaryFolder();
        using SmallDisk? disk = SmallDisk.TryMount(folder.Path);
        Assert.SkipWhen(disk is null, "mounting a small tmpfs is not permitted here");
        await using Service service = await Service.StartAsync(options => options with { UploadFolder = folder.Path });
        byte[] noise = PngFile.Encode(RandomNumberGenerator.GetBytes(3 * 480 * 480), 480, 480);
        await service.SendAsync(HttpMethod.Put, "/v1/items/first", Forms.With(noise), HttpStatusCode.OK);
        await service.SendAsync(HttpMethod.Put, "/v1/items/second", Forms.With(noise), HttpStatusCode.InsufficientStorage);
        await service.GetAsync("/v1/items/second", HttpStatusCode.NotFound);
        Assert.Single(Directory.GetFiles(folder.Path));
        await service.SendAsync(HttpMethod.Delete, "/v1/items/first", null, HttpStatusCode.NoContent);
        await service.SendAsync(HttpMethod.Put, "/v1/items/second", Forms.With(noise), HttpStatusCode.OK);
    }

    private static async Task AssertHealthAsync(Service service, HttpStatusCode ready)
    {
        foreach (var (path, expected) in ((string, HttpStatusCode)[])
            [("/livez", HttpStatusCode.OK), ("/readyz", ready), ("/healthz", ready)])
        {
            using HttpResponseMessage response = await service.Client.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal((path, expected), (path, response.StatusCode));
        }
    }
}
