using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class KeptItemTests
{
    [Fact]
    public async Task WhatWasAcknowledgedIsThereAfterARestart()
    {
        await using Service service = await Service.StartAsync();
        await service.PostAsync("/v1/items", Forms.With(Samples.Picture(90), ("id", "kept"), ("attributes", """{"n":7}""")),
            HttpStatusCode.Created);
        await service.SendAsync(HttpMethod.Delete, "/v1/items/text:1", null, HttpStatusCode.NoContent);
        await service.RestartAsync();
        JsonElement kept = await service.GetAsync("/v1/items/kept");
        Assert.Equal(7, kept.GetProperty("attributes").GetProperty("n").GetInt32());
        Assert.Equal(Samples.Picture(90),
            await service.Client.GetByteArrayAsync(kept.Text("picture"), TestContext.Current.CancellationToken));
        await service.GetAsync("/v1/items/text:1", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task AServiceForReadingChangesNothing()
    {
        await using Service service = await Service.StartAsync(options => options with { Writable = false });
        await service.RefusedAsync("/v1/items", HttpStatusCode.Forbidden, new { items = (object[])[new { text = "x" }] });
        await service.SendAsync(HttpMethod.Put, "/v1/items/text:1", JsonContent.Create(new { text = "x" }), HttpStatusCode.Forbidden);
        await service.SendAsync(HttpMethod.Delete, "/v1/items/text:1", null, HttpStatusCode.Forbidden);
        Assert.False((await service.GetAsync("/v1/session")).GetProperty("write").GetBoolean());
        Assert.Equal("a blue house", (await service.GetAsync("/v1/items/text:1")).Text("text"));
    }

    [Fact]
    public async Task WithoutAFolderOnlyTheVectorOfAnUploadIsKept()
    {
        await using Service service = await Service.StartAsync(options => options with { UploadFolder = null });
        JsonElement item = (await service.PostAsync("/v1/items", Forms.With(Samples.Picture(91), ("id", "u")), HttpStatusCode.Created))
            .GetProperty("items")[0];
        Assert.Equal(JsonValueKind.Null, item.GetProperty("picture").ValueKind);
        await service.GetAsync("/v1/items/u/picture", HttpStatusCode.NotFound);
        Assert.Equal("u", (await service.PostAsync("/v1/search", Forms.With(Samples.Picture(91)))).Ids()[0]);
    }
}
