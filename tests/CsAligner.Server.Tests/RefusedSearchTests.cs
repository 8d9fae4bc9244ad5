using System.Net;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class RefusedSearchTests(Service service) : IClassFixture<Service>
{
    [Theory]
    [InlineData("q=cat&tops=3", "there is no field 'tops'; did you mean 'top'?")]
    [InlineData("top=3", "nothing to search for")]
    [InlineData("q=&q=%20", "nothing to search for")]
    [InlineData("q=cat&top=0", "'top': expected a whole number from 1 to 1000")]
    [InlineData("q=cat&top=1001", "'top': expected a whole number from 1 to 1000")]
    [InlineData("q=cat&top=3&top=4", "'top' is given 2 times")]
    [InlineData("q=cat&offset=-1", "'offset': expected a whole number")]
    [InlineData("q=cat&top=10&offset=9991", "'offset': expected a whole number from 0 to 9990")]
    [InlineData("q=cat&min_score=NaN", "expected a cosine")]
    [InlineData("q=cat&min_score=2", "expected a cosine")]
    [InlineData("q=cat&find=all", "'find': expected both, images, texts")]
    [InlineData("q=cat&exact=yes", "'exact': expected true or false")]
    [InlineData("q=cat&filter={", "'filter' is not JSON")]
    [InlineData("q=cat&filter={\"attribute\":\"a\",\"equals\":NaN}", "'filter' is not JSON")]
    [InlineData("q=cat&image=x", "a picture does not go into the address")]
    [InlineData("like=a%00b", "NUL")]
    public async Task OneLineSaysWhatIsWrongInTheAddress(string query, string expected) =>
        Assert.Contains(expected, await service.RefusedAsync($"/v1/search?{query}", HttpStatusCode.BadRequest), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"q":"cat","q":"dog"}""", "not JSON")]
    [InlineData("""{"q":"\ud800"}""", "is no text")]
    [InlineData("""{"\ud800":"cat"}""", "cannot be read")]
    [InlineData("""{"q":"cat","filter":{"attribute":"\udfff","equals":"x"}}""", "cannot be read")]
    [InlineData("""{"q":"cat","filter":{"attribute":"a","equals":1e999}}""", "finite")]
    [InlineData("""{"q":"cat","filter":{"attribute":"a","gte":1e999}}""", "finite")]
    [InlineData("""{"q":["cat",1]}""", "expected a text or a list of texts")]
    [InlineData("""{"q":{"a":1}}""", "expected a text or a list of texts")]
    [InlineData("""{"q":"cat","top":1.5}""", "expected a whole number")]
    [InlineData("""{"q":"cat","top":99999999999}""", "expected a whole number")]
    [InlineData("""{"q":"cat","min_score":1e999}""", "expected a cosine")]
    [InlineData("""{"image":"not base64!"}""", "base64")]
    [InlineData("""{"image":"AA\ud800"}""", "base64")]
    [InlineData("""{"image":""}""", "a picture is empty")]
    [InlineData("""[1]""", "expected a JSON object")]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON")]
    public async Task OneLineSaysWhatIsWrongInTheJson(string json, string expected) => Assert.Contains(expected,
        await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, new StringContent(json, null, "application/json")),
        StringComparison.OrdinalIgnoreCase);

    [Fact]
    public async Task JsonIsNotReadForeverDeep()
    {
        string deep = $$"""{"q":"cat","filter":{{new string('[', 50_000)}}{{new string(']', 50_000)}}}""";
        await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, new StringContent(deep, null, "application/json"));
        string nested = string.Concat(Enumerable.Repeat("""{"not":""", 33)) + """{"attribute":"a","equals":1}""" + new string('}', 33);
        Assert.Contains("deep", await service.RefusedAsync($"/v1/search?q=cat&filter={Uri.EscapeDataString(nested)}",
            HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvalidUtf8IsRefused()
    {
        var body = new ByteArrayContent([.. "{\"q\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8]);
        body.Headers.ContentType = new("application/json");
        await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, body);
    }

    [Fact]
    public async Task AMissingItemIsNotFound()
    {
        Assert.Contains("there is no item 'nobody'", await service.RefusedAsync("/v1/search?like=nobody", HttpStatusCode.NotFound),
            StringComparison.Ordinal);
        await service.RefusedAsync("/v1/search?q=cat&without_like=nobody", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task AQueryHasALimitedNumberOfParts()
    {
        string sixteen = string.Join('&', Enumerable.Repeat("q=cat", 16));
        await service.GetAsync($"/v1/search?{sixteen}");
        Assert.Contains("at most 16", await service.RefusedAsync($"/v1/search?{sixteen}&without=dog", HttpStatusCode.BadRequest),
            StringComparison.Ordinal);
        string[] five = [.. Enumerable.Repeat(Convert.ToBase64String(Samples.Picture(1)), 5)];
        Assert.Contains("more than 4 pictures", await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, new { image = five }),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    public async Task OtherContentTypesAreRefused(string type)
    {
        await service.RefusedAsync("/v1/search", HttpStatusCode.UnsupportedMediaType,
            new StringContent("{\"q\":\"cat\"}", null, type));
        await service.RefusedAsync("/v1/items", HttpStatusCode.UnsupportedMediaType,
            new StringContent("{\"items\":[{\"text\":\"cat\"}]}", null, type));
    }

    [Fact]
    public async Task WordsThatCancelAreSaidTo() => Assert.Contains("nothing is left of it",
        await service.RefusedAsync("/v1/search?q=a+cat&without=a+cat", HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);

    [Fact]
    public async Task AFormThatIsDamagedIsRefused()
    {
        var damaged = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\ncat"u8.ToArray());
        damaged.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, damaged);
        var without = new StringContent("x", null, "application/json");
        without.Headers.Remove("Content-Type");
        without.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data");
        await service.RefusedAsync("/v1/search", HttpStatusCode.BadRequest, without);
    }
}
