using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class ItemTests(Service service) : IClassFixture<Service>
{
    [Fact]
    public async Task ATextIsAddedFoundReplacedAndRemoved()
    {
        JsonElement added = (await service.PostAsync("/v1/items",
            Batch(new { text = "an old lighthouse", attributes = new { sea = "north" } }),
            HttpStatusCode.Created)).GetProperty("items")[0];
        string id = added.Text("id");
        Assert.Equal(id, (await service.GetAsync("/v1/search?q=an+old+lighthouse")).Ids()[0]);
        Assert.Equal("north", (await service.GetAsync($"/v1/items/{id}")).GetProperty("attributes").Text("sea"));

        JsonElement put = await service.SendAsync(HttpMethod.Put, $"/v1/items/{id}", JsonContent.Create(new { text = "a new bridge" }),
            HttpStatusCode.OK);
        Assert.Equal("a new bridge", put.Text("text"));
        JsonElement now = await service.GetAsync($"/v1/items/{id}");
        Assert.Equal(("a new bridge", 0), (now.Text("text"), now.GetProperty("attributes").EnumerateObject().Count()));

        await service.SendAsync(HttpMethod.Delete, $"/v1/items/{id}", null, HttpStatusCode.NoContent);
        await service.GetAsync($"/v1/items/{id}", HttpStatusCode.NotFound);
        await service.SendAsync(HttpMethod.Delete, $"/v1/items/{id}", null, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task AVectorIsKeptAsItIs()
    {
        float[] row = Samples.RowOfWords("a violin");
        await service.PostAsync("/v1/items", Batch(new { id = "own", kind = "text", name = "mine", vector = row }), HttpStatusCode.Created);
        JsonElement answer = await service.GetAsync("/v1/search?q=a+violin");
        Assert.Equal("own", answer.Ids()[0]);
        Assert.Equal(1, answer.Scores()[0], 1e-3);
        await service.SendAsync(HttpMethod.Delete, "/v1/items/own", null, HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task APictureOfTheFoldersIsAddedByItsPath()
    {
        await service.PostAsync("/v1/items", Batch(new { id = "again", path = "4.png" }), HttpStatusCode.Created);
        Assert.Contains("again", (await service.PostAsync("/v1/search", Forms.With(Samples.Picture(4), ("top", "2")))).Ids());
        await service.SendAsync(HttpMethod.Delete, "/v1/items/again", null, HttpStatusCode.NoContent);
        Assert.True(File.Exists(Path.Combine(service.PictureFolder, "4.png")));
    }

    [Fact]
    public async Task AnUploadLivesAsLongAsItsItem()
    {
        string[] before = Uploads();
        byte[] first = Samples.Picture(50), second = Samples.Picture(51);
        JsonElement added = await service.PostAsync("/v1/items",
            Forms.With(first, ("id", "mine"), ("name", "a disc"), ("attributes", """{"by":"me"}""")), HttpStatusCode.Created);
        JsonElement item = added.GetProperty("items")[0];
        Assert.Equal(("a disc", "me", JsonValueKind.Null),
            (item.Text("name"), item.GetProperty("attributes").Text("by"), item.GetProperty("path").ValueKind));
        Assert.Single(Uploads().Except(before));
        Assert.Equal(first, await service.Client.GetByteArrayAsync(item.Text("picture"), TestContext.Current.CancellationToken));

        await service.SendAsync(HttpMethod.Put, "/v1/items/mine", Forms.With(second), HttpStatusCode.OK);
        Assert.Single(Uploads().Except(before));
        Assert.Equal(second, await service.Client.GetByteArrayAsync("/v1/items/mine/picture", TestContext.Current.CancellationToken));

        // The same once more is no reason to lose it.
        await service.SendAsync(HttpMethod.Put, "/v1/items/mine", Forms.With(second), HttpStatusCode.OK);
        Assert.Single(Uploads().Except(before));

        await service.SendAsync(HttpMethod.Delete, "/v1/items/mine", null, HttpStatusCode.NoContent);
        Assert.Equal(before, Uploads());
    }

    [Fact]
    public async Task OfSeveralWithOneIdTheLastStaysAndNoFileIsLeft()
    {
        string[] before = Uploads();
        await service.PostAsync("/v1/items", Batch(Uploaded("twice", 60), Uploaded("twice", 61)), HttpStatusCode.Created);
        Assert.Single(Uploads().Except(before));
        Assert.Equal(Samples.Picture(61),
            await service.Client.GetByteArrayAsync("/v1/items/twice/picture", TestContext.Current.CancellationToken));
        await service.SendAsync(HttpMethod.Delete, "/v1/items/twice", null, HttpStatusCode.NoContent);
        Assert.Equal(before, Uploads());
    }

    [Theory]
    [InlineData("""{"kind":"image"}""", "needs an 'image', a 'path' or a 'vector'")]
    [InlineData("""{"kind":"image","image":"AAAA"}""", "cannot decode")]
    [InlineData("""{"image":"AA\ud800"}""", "base64")]
    [InlineData("""{"path":"nowhere.png"}""", "there is no such picture")]
    [InlineData("""{"path":"../index/items.db"}""", "there is no such picture")]
    [InlineData("""{"path":"upload:0000000000000000000000000000000000000000000000000000000000000000"}""", "not yours to give")]
    [InlineData("""{"text":" "}""", "needs a 'text', or a 'vector'")]
    [InlineData("""{"text":"a","kind":"sound"}""", "expected image or text")]
    [InlineData("""{"text":"a","kind":"text","image":"AAAA"}""", "takes no image")]
    [InlineData("""{"text":"a","vector":[1,2]}""", "numbers, got 2")]
    [InlineData("""{"text":"a","vector":[1e999]}""", "finite numbers")]
    [InlineData("""{"text":"a","txet":"b"}""", "did you mean 'text'")]
    [InlineData("""{"text":"a","\udc00":"b"}""", "not JSON")]
    [InlineData("""{"text":"\udc00"}""", "no text")]
    [InlineData("""{"text":"a\u0000b"}""", "NUL")]
    [InlineData("""{"text":"a","id":""}""", "id")]
    [InlineData("""{"text":"a","id":".."}""", "cannot stand in an address")]
    [InlineData("""{"text":"a","attributes":[]}""", "expected an object")]
    [InlineData("""{"text":"a","attributes":{"a":true}}""", "expected a text or a number")]
    [InlineData("""{"text":"a","attributes":{"a":1e999}}""", "finite")]
    [InlineData("""{"text":"a","attributes":{"a":1,"a":2}}""", "not JSON")]
    [InlineData("7", "expected an object")]
    public async Task AllOfABatchOrNone(string bad, string expected)
    {
        string[] uploads = Uploads();
        JsonElement before = await service.GetAsync("/v1/stats");
        string good = JsonSerializer.Serialize(Uploaded("half", 70));
        string why = await service.RefusedAsync("/v1/items", HttpStatusCode.BadRequest,
            new StringContent($"{{\"items\":[{good},{bad}]}}", null, "application/json"));
        Assert.Contains(expected, why, StringComparison.Ordinal);
        await service.GetAsync("/v1/items/half", HttpStatusCode.NotFound);
        Assert.Equal(before.GetProperty("items").ToString(), (await service.GetAsync("/v1/stats")).GetProperty("items").ToString());
        Assert.Equal(uploads, Uploads());
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a%b")]
    [InlineData("a%2Fb")]
    [InlineData("%252F")]
    [InlineData("a b")]
    [InlineData("a.b.")]
    [InlineData("...")]
    [InlineData("?x=1#y")]
    [InlineData("日本 ü 🙂")]
    [InlineData("a\\b")]
    [InlineData("picture")]
    [InlineData("+&=;")]
    public async Task AnyIdStandsInAnAddress(string id)
    {
        string address = $"/v1/items/{Uri.EscapeDataString(id)}";
        await service.SendAsync(HttpMethod.Put, address, Forms.With(Samples.Picture(80)), HttpStatusCode.OK);
        JsonElement item = await service.GetAsync(address);
        Assert.Equal(id, item.Text("id"));
        Assert.Equal(Samples.Picture(80),
            await service.Client.GetByteArrayAsync(item.Text("picture"), TestContext.Current.CancellationToken));
        await service.GetAsync($"/v1/search?like={Uri.EscapeDataString(id)}");
        await service.SendAsync(HttpMethod.Delete, address, null, HttpStatusCode.NoContent);
        await service.GetAsync(address, HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/v1/items/text:1/../text:2")]
    [InlineData("/v1/items/text:1/%2e%2e/text:2")]
    [InlineData("/v1/items/./text:2")]
    [InlineData("/%761/items/text:2?/v1/items/text:1")]
    public async Task AnAddressThatSaysTwoThingsFindsNothing(string path)
    {
        string answer = await RawHttp.ExchangeAsync(service.Address, $"DELETE {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Contains(" 404 ", answer, StringComparison.Ordinal);
        await service.GetAsync("/v1/items/text:1");
        await service.GetAsync("/v1/items/text:2");
    }

    [Fact]
    public async Task PagesGoThroughAllItems()
    {
        var found = new List<string>();
        for (string? after = ""; after is not null;)
        {
            string behind = after.Length > 0 ? "&after=" + Uri.EscapeDataString(after) : "";
            JsonElement page = await service.GetAsync($"/v1/items?limit=5{behind}");
            Assert.InRange(page.Ids().Length, 1, 5);
            found.AddRange(page.Ids());
            after = page.GetProperty("next").GetString();
        }

        Assert.Equal(Samples.Items.Select(item => item.Id).Order(StringComparer.Ordinal), found.Where(id => id.Contains(':')));
        await service.GetAsync("/v1/items?limit=0", HttpStatusCode.BadRequest);
        await service.GetAsync("/v1/items?limit=1001", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task ManyAtATimeHaveALimit()
    {
        object[] many = [.. Enumerable.Repeat(new { text = "x" }, 1_001)];
        await service.RefusedAsync("/v1/items", HttpStatusCode.BadRequest, Batch(many));
        await service.RefusedAsync("/v1/items", HttpStatusCode.BadRequest, Batch());
        await service.RefusedAsync("/v1/items", HttpStatusCode.BadRequest, new { item = 1 });
    }

    [Fact]
    public async Task TheAddressAndTheItemAgreeOnTheId() => await service.SendAsync(HttpMethod.Put, "/v1/items/one",
        JsonContent.Create(new { id = "two", text = "x" }), HttpStatusCode.BadRequest);

    private static object Batch(params object[] items) => new { items };

    private static object Uploaded(string id, int picture) => new { id, image = Convert.ToBase64String(Samples.Picture(picture)) };

    private string[] Uploads() => [.. Directory.GetFiles(service.UploadFolder).Order(StringComparer.Ordinal)];
}
