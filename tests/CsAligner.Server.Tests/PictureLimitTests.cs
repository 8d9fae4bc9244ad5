using System.Net;
using CsAligner.Data.Images;
using CsAligner.Server.Tests.Serving;
using NetVips;

namespace CsAligner.Server.Tests;

public sealed class PictureLimitTests
{
    // Nothing but white: some kilobytes that become megabytes.
    private static readonly Lazy<byte[]> Bomb = new(() => PngFile.Encode(new byte[3 * 4_000 * 4_000], 4_000, 4_000));

    [Fact]
    public async Task PicturesThatAreTooLargeAreNotDecoded()
    {
        await using Service service = await Service.StartAsync(options =>
            options with { PictureLimits = new PictureLimits(1_000_000, 2_000) });
        Assert.True(Bomb.Value.Length < 100_000);
        await AssertRefusedAsync(Bomb.Value, "4000 x 4000 pixels; the limit is 1000000 in total");
        await AssertRefusedAsync(Samples.Picture(1, 2_100, 20), "the limit is 2000 a side");
        await AssertRefusedAsync(Samples.Picture(1, 20, 2_100), "the limit is 2000 a side");
        await AssertRefusedAsync(Thumbnail.Encode(new RgbImage(2_100, 20, new byte[3 * 2_100 * 20]), 2_100), "the limit is 2000 a side");
        await service.PostAsync("/v1/search", Forms.With(Samples.Picture(1, 2_000, 20)));

        async Task AssertRefusedAsync(byte[] picture, string expected)
        {
            Assert.Contains(expected, await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, Forms.With(picture)),
                StringComparison.Ordinal);
            Assert.Contains(expected, await service.RefusedAsync("/v1/items", HttpStatusCode.BadRequest, Forms.With(picture)),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OfAnAnimationTheFirstPictureIsTaken()
    {
        await using Service service = await Service.StartAsync();
        using Image first = Image.NewFromBuffer(Samples.Picture(2)), other = Image.NewFromBuffer(Samples.Picture(3));
        using Image frames = Image.Arrayjoin([first, .. Enumerable.Repeat(other, 99)], across: 1);
        using Image animation = frames.Mutate(changed => changed.Set(GValue.GIntType, "page-height", Samples.Side));
        byte[] file = animation.WebpsaveBuffer(lossless: true);
        Assert.Equal("image:2", (await service.PostAsync("/v1/search", Forms.With(file, ("find", "images")))).Ids()[0]);
    }

    [Theory]
    [InlineData("GIF89a\u0001\0\u0001\0\0\0\0;")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='file:///etc/passwd'/></svg>")]
    [InlineData("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'http://127.0.0.1/'>]><svg>&b;</svg>")]
    [InlineData("%PDF-1.4")]
    [InlineData("BM")]
    [InlineData("II*\0\b\0\0\0")]
    public async Task OtherFormatsAreRefused(string file)
    {
        await using Service service = await Service.StartAsync();
        await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, Forms.With(System.Text.Encoding.Latin1.GetBytes(file)));
    }

    [Fact]
    public async Task APictureThatTakesTooLongEndsItsProcessOnly()
    {
        await using Service service = await Service.StartAsync(options => options with { PictureTime = TimeSpan.FromMilliseconds(5) });
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains("it takes more than 0 seconds", await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest,
                Forms.With(Bomb.Value)), StringComparison.Ordinal);
        }

        await service.GetAsync("/v1/search?q=cat");
    }

    [Fact]
    public async Task APictureThatTakesTooMuchMemoryEndsItsProcessOnly()
    {
        await using Service service = await Service.StartAsync(options => options with { PictureMemory = 64 << 20 });
        byte[] huge = PngFile.Encode(new byte[3 * 7_000 * 7_000], 7_000, 7_000);
        Assert.Contains("it takes more than 64 MiB", await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, Forms.With(huge)),
            StringComparison.Ordinal);
        await service.GetAsync("/v1/search?q=cat");
    }

    [Fact]
    public async Task AProcessThatIsKilledIsReplaced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are told apart by /proc");
        var workers = new WorkerProcesses();
        await using Service service = await Service.StartAsync(options =>
            options with { PictureCommand = workers.Command, PictureWorkers = 1 });
        byte[] slow = PngFile.Encode(new byte[3 * 7_000 * 7_000], 7_000, 7_000);
        for (int hits = 0, tries = 0; hits < 3; tries++)
        {
            Assert.True(tries < 20, "no kill hit a process at its work");
            Task<HttpResponseMessage> asked =
                service.Client.PostAsync("/v1/search", Forms.With(slow), TestContext.Current.CancellationToken);
            await Task.Delay(20, TestContext.Current.CancellationToken);
            while (!asked.IsCompleted)
            {
                workers.Kill();
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            // Where the kill hit one that was just starting, the picture is not to blame, and the client is told to try again.
            using HttpResponseMessage answer = await asked;
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) continue;
            hits++;
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("the process that decodes it ended",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.Equal("image:1", (await service.PostAsync("/v1/search", Forms.With(Samples.Picture(1), ("find", "images")))).Ids()[0]);
        }
    }

    [Fact]
    public async Task AProcessKnowsNoSecrets()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the variables of a process stand in /proc");
        string[] names = ["CSALIGN_READ_KEY", "CSALIGN_WRITE_KEY", "PGPASSWORD", "OTEL_EXPORTER_OTLP_HEADERS", "MY_API_TOKEN"];
        foreach (string name in names) Environment.SetEnvironmentVariable(name, "a-secret-of-the-service");
        try
        {
            var workers = new WorkerProcesses();
            await using Service service = await Service.StartAsync(options => options with { PictureCommand = workers.Command });
            var running = workers.Running();
            Assert.NotEmpty(running);
            Assert.All(running, worker => Assert.DoesNotContain(worker.Environment,
                variable => variable.Contains("a-secret-of-the-service", StringComparison.Ordinal)));
        }
        finally
        {
            foreach (string name in names) Environment.SetEnvironmentVariable(name, null);
        }
    }
}
