using System.Net;
using System.Text.Json;
using CsAligner.Data.Images;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class PictureTests(Service service) : IClassFixture<Service>
{
    [Theory]
    [InlineData(32, 32, 32)]
    [InlineData(96, 96, 96)]
    public async Task AThumbnailHasItsLongerSide(int size, int width, int height)
    {
        using HttpResponseMessage response = await GetAsync($"/v1/items/image%3A2/picture?size={size}");
        Assert.Equal("image/webp", response.Content.Headers.ContentType?.MediaType);
        RgbImage picture = ImageDecoder.Decode(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), "it");
        Assert.Equal((width, height), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task AThumbnailKeepsItsProportions()
    {
        await service.SendAsync(HttpMethod.Put, "/v1/items/wide", Forms.With(Samples.Picture(3, 400, 100)), HttpStatusCode.OK);
        byte[] file = await service.Client.GetByteArrayAsync("/v1/items/wide/picture?size=200", TestContext.Current.CancellationToken);
        RgbImage picture = ImageDecoder.Decode(file, "it");
        Assert.Equal((200, 50), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task TheOriginalIsTheFile()
    {
        using HttpResponseMessage response = await GetAsync("/v1/items/image%3A2/picture");
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(Samples.Picture(2), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?size=64")]
    public async Task ABrowserThatHasItIsToldSo(string size)
    {
        using HttpResponseMessage first = await GetAsync($"/v1/items/image%3A5/picture{size}");
        Assert.NotNull(first.Headers.ETag);
        using HttpResponseMessage again = await GetAsync($"/v1/items/image%3A5/picture{size}", first.Headers.ETag.ToString());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        await File.WriteAllBytesAsync(Path.Combine(service.PictureFolder, "5.png"), Samples.Picture(500),
            TestContext.Current.CancellationToken);
        using HttpResponseMessage changed = await GetAsync($"/v1/items/image%3A5/picture{size}", first.Headers.ETag.ToString());
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        await File.WriteAllBytesAsync(Path.Combine(service.PictureFolder, "5.png"), Samples.Picture(5),
            TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("size=15")]
    [InlineData("size=1025")]
    [InlineData("size=a")]
    [InlineData("side=64")]
    public Task OtherSizesAreRefused(string query) => service.GetAsync($"/v1/items/image%3A2/picture?{query}", HttpStatusCode.BadRequest);

    [Fact]
    public async Task NoPathLeadsOutOfItsFolder()
    {
        string outside = Path.Combine(Path.GetDirectoryName(service.PictureFolder)!, "outside.png");
        string besides = service.PictureFolder + "-besides";
        Directory.CreateDirectory(besides);
        await File.WriteAllBytesAsync(outside, Samples.Picture(1), TestContext.Current.CancellationToken);
        File.Copy(outside, Path.Combine(besides, "1.png"));
        File.CreateSymbolicLink(Path.Combine(service.PictureFolder, "link.png"), outside);
        Directory.CreateSymbolicLink(Path.Combine(service.PictureFolder, "folder"), besides);
        string[] paths =
        [
            "../outside.png", "x/../../outside.png", outside, "link.png", "folder/1.png", "../pictures-besides/1.png", ".", "..", "/",
            "/etc/passwd", "0.png/", "//0.png", "./../outside.png", "0.png\n", "nowhere.png", "..\\outside.png", "~/outside.png",
        ];
        SearchItem[] items = [.. paths.Select((path, i) => Item($"out-{i}", path))];
        await service.Index.AddAsync(items, TestContext.Current.CancellationToken);
        for (int i = 0; i < items.Length; i++)
        {
            await service.GetAsync($"/v1/items/out-{i}/picture", HttpStatusCode.NotFound);
            await service.GetAsync($"/v1/items/out-{i}/picture?size=64", HttpStatusCode.NotFound);
            await service.PostAsync("/v1/items", new { items = (object[])[new { path = paths[i] }] }, HttpStatusCode.BadRequest);
        }

        // What stays inside is found, by whatever way.
        await service.Index.AddAsync([Item("in", "x/../0.png")], TestContext.Current.CancellationToken);
        using HttpResponseMessage inside = await GetAsync("/v1/items/in/picture");
        Assert.Equal(HttpStatusCode.OK, inside.StatusCode);
        await service.Index.RemoveAsync([.. items.Select(item => item.Id), "in"], TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task APathMayNotNameTheUploadOfAnother()
    {
        await service.SendAsync(HttpMethod.Put, "/v1/items/theirs", Forms.With(Samples.Picture(8)), HttpStatusCode.OK);
        string path = (await service.Index.GetAsync(["theirs"], TestContext.Current.CancellationToken))[0].Path!;
        Assert.StartsWith("upload:", path, StringComparison.Ordinal);
        await service.RefusedAsync("/v1/items", HttpStatusCode.BadRequest, new { items = (object[])[new { path }] });
        Assert.Equal(JsonValueKind.Null, (await service.GetAsync("/v1/items/theirs")).GetProperty("path").ValueKind);

        // Nor does the address of another item lead there, nor a name that is no hash.
        await service.Index.AddAsync([Item("odd", "upload:../index/items.db")], TestContext.Current.CancellationToken);
        await service.GetAsync("/v1/items/odd/picture", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task WhatIsNoPictureIsNotSent()
    {
        await File.WriteAllTextAsync(Path.Combine(service.PictureFolder, "page.png"), "<script>alert(1)</script>",
            TestContext.Current.CancellationToken);
        await service.Index.AddAsync([Item("page", "page.png"), Item("text", "0.png", RowKind.Text)],
            TestContext.Current.CancellationToken);
        await service.GetAsync("/v1/items/page/picture", HttpStatusCode.UnsupportedMediaType);
        await service.GetAsync("/v1/items/page/picture?size=64", HttpStatusCode.BadRequest);
        await service.GetAsync("/v1/items/text/picture", HttpStatusCode.NotFound);
        await service.GetAsync("/v1/items/nobody/picture", HttpStatusCode.NotFound);
    }

    private static SearchItem Item(string id, string path, RowKind kind = RowKind.Image) =>
        new() { Id = id, Kind = kind, Vector = Samples.Items[0].Vector, Path = path };

    private async Task<HttpResponseMessage> GetAsync(string path, string? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (tag is not null) request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
